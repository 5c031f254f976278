//! `cargo xtask bench pipeline`: what a call costs beside the same code natively, and how fast the built host
//! imports a file and answers requests. Prints figures with their aims; exits with 1 if one is missed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod calls;
mod host;
mod import;
mod post;

use std::process::ExitCode;

/// The allocator of the host.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Aims and whether they were met.
#[derive(Default)]
struct Table {
    missed: u32,
}

impl Table {
    fn row(&mut self, what: &str, value: String, aim: &str, met: bool) {
        self.missed += u32::from(!met);
        println!("{what:<52} {value:>16}   {aim:<34} {}", if met { "ok" } else { "MISSED" });
    }

    fn note(&self, what: &str, value: String) {
        println!("{what:<52} {value:>16}");
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let mut table = Table::default();
    calls::measure(&mut table).await;
    import::measure(&mut table).await;
    post::measure(&mut table).await;
    if table.missed == 0 {
        return ExitCode::SUCCESS;
    }
    println!("{} of the aims were missed; on a busy machine run it again", table.missed);
    ExitCode::FAILURE
}
