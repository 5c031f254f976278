//! `cargo xtask bench sandbox`: what isolation costs. One rule natively, in the sandbox and in other engines, in one
//! run; many instances; a host that serves while hostile plug-ins are at work. Prints figures with their aims; exits
//! with 1 if one is missed.
//!
//! `--calls N` sets how many calls are made while memory is watched (one million; the aim is for ten); `--only PART`
//! measures one part: `rule`, `scale` or `serving`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod peers;
mod process;
mod rule;
mod scale;
mod serving;
mod timing;

use std::process::ExitCode;

/// The allocator of the host.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Aims and whether they were met. Printed at the end, after what criterion says.
#[derive(Default)]
struct Table {
    lines: Vec<String>,
    missed: u32,
}

impl Table {
    fn row(&mut self, what: &str, value: String, aim: &str, met: bool) {
        self.missed += u32::from(!met);
        let verdict = if met { "ok" } else { "MISSED" };
        self.lines.push(format!("{what:<62} {value:>26}   {aim:<36} {verdict}"));
    }

    fn note(&mut self, what: &str, value: String) {
        self.lines.push(format!("{what:<62} {value:>26}"));
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let argument = |name: &str| std::env::args().skip_while(|arg| arg != name).nth(1);
    let calls = argument("--calls").map_or(1_000_000, |text| text.parse().expect("--calls takes a number"));
    let only = argument("--only");
    let wanted = |part: &str| only.as_deref().is_none_or(|only| only == part);
    let mut table = Table::default();
    if wanted("rule") {
        let mut timing = timing::Timing::new();
        let measured = rule::measure(&mut table, &mut timing);
        peers::compare(&mut table, &timing, &measured);
    }
    if wanted("scale") {
        scale::measure(&mut table, calls);
    }
    if wanted("serving") {
        serving::measure(&mut table).await;
    }
    println!();
    table.lines.iter().for_each(|line| println!("{line}"));
    if table.missed == 0 {
        return ExitCode::SUCCESS;
    }
    println!("{} of the aims were missed; on a busy machine run it again", table.missed);
    ExitCode::FAILURE
}
