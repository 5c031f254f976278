//! `cargo xtask bench categorizer`: the model of `categorizer-linear` beside scikit-learn, on the same texts in one run: how
//! often it is right, how fast it answers natively and in the sandbox, how long training takes. Prints figures with their
//! aims; exits with 1 if one is missed.
//!
//! `--only NAME` measures one set: `spb`, `kursk-topic`, `kursk-category` or `sample`; `--python words` leaves out
//! scikit-learn's n-grams of letters, which take minutes, `--python none` all of it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod body;
mod peer;
mod sets;
mod speed;

use std::process::ExitCode;
use std::time::Instant;

use linear_model::Model;
use linear_model::train::{Example, Options, train};
use sets::{Set, macro_f1};

/// The allocator of the host.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Longest training of 30,000 texts, seconds, and the most memory of it, MiB.
const TRAINING: (f64, u64) = (60.0, 2_048);

/// Figures with their aims.
#[derive(Default)]
struct Table {
    missed: u32,
}

impl Table {
    fn row(&mut self, what: &str, value: String, aim: &str, met: bool) {
        self.missed += u32::from(!met);
        println!("{what:<62} {value:>20}   {aim:<44} {}", if met { "ok" } else { "MISSED" });
    }

    fn note(what: &str, value: String) {
        println!("{what:<62} {value:>20}");
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let argument = |name: &str| std::env::args().skip_while(|arg| arg != name).nth(1);
    let only = argument("--only");
    let vectorizers: &[&str] = match argument("--python").as_deref() {
        None => &["word", "char"],
        Some("words") => &["word"],
        Some("none") => &[],
        Some(other) => panic!("--python {other}: say words or none"),
    };
    let mut table = Table::default();
    for set in sets::all() {
        if only.as_deref().is_none_or(|only| only == set.name) {
            measure(&set, vectorizers, &mut table).await;
        }
    }
    if table.missed == 0 {
        return ExitCode::SUCCESS;
    }
    println!("{} of the aims were missed; if it is one of time, run it again on a quiet machine", table.missed);
    ExitCode::FAILURE
}

async fn measure(set: &Set, vectorizers: &[&str], table: &mut Table) {
    println!("\n{}: {} texts to learn from, {} to answer", set.title, set.train.len(), set.test.len());
    let examples: Vec<Example<'_>> =
        set.train.iter().map(|row| Example { text: &row.text, class: &row.label }).collect();
    let options = Options { threads: 2, ..Options::default() };
    let started = Instant::now();
    let trained = train(&examples, &options).unwrap();
    let seconds = started.elapsed().as_secs_f64();
    let (model, report) = (&trained.model, &trained.report);
    let answers: Vec<&str> = set.test.iter().map(|row| answer(model, &row.text)).collect();
    let labels = || set.test.iter().map(|row| row.label.as_str());
    let right = labels().zip(&answers).filter(|(label, answer)| label == *answer).count();
    let accuracy = right as f64 / set.test.len() as f64;
    let f1 = macro_f1(labels().zip(answers.iter().copied()));

    let peers: Vec<_> = vectorizers.iter().filter_map(|what| Some((*what, peer::ask(set, what)?))).collect();
    for (what, peer) in &peers {
        let said = format!("{:.4}, F1 {:.4}", peer.accuracy, peer.macro_f1);
        Table::note(&format!("scikit-learn, n-grams of {what}, {:.0} s: accuracy", peer.seconds), said);
    }
    let best = |of: fn(&peer::Peer) -> f64| peers.iter().map(|(_, peer)| of(peer)).reduce(f64::max);
    let whose = if set.beats_peer { "scikit-learn's best, " } else { "" };
    let aims = [best(|peer| peer.accuracy).filter(|_| set.beats_peer), set.least_accuracy];
    match aims.into_iter().flatten().reduce(f64::max) {
        Some(least) => {
            table.row("accuracy", format!("{accuracy:.4}"), &format!("at least {whose}{least:.4}"), accuracy >= least);
        }
        None => Table::note("accuracy", format!("{accuracy:.4}")),
    }
    match best(|peer| peer.macro_f1).filter(|_| set.beats_peer) {
        Some(least) => table.row("macro-F1", format!("{f1:.4}"), &format!("at least {whose}{least:.4}"), f1 >= least),
        None => Table::note("macro-F1", format!("{f1:.4}")),
    }
    let figures = report.figures;
    Table::note(
        "held out while training: accuracy, macro-F1, calibration error",
        format!("{:.4} {:.4} {:.4}", figures.accuracy, figures.macro_f1, figures.calibration_error),
    );
    Table::note("model, bytes", model.bytes().len().to_string());
    if set.is_large() {
        let shown = format!("{seconds:.1} s");
        table.row("training with its folds, two threads", shown, "under 60 s for 30,000 texts", seconds < TRAINING.0);
        let peak = peak_mib();
        table.row("peak memory by then", format!("{peak} MiB"), "under 2,048 MiB", peak < TRAINING.1);
    } else {
        Table::note("training with its folds, two threads", format!("{seconds:.1} s"));
    }
    speed::measure(set, model, peers.iter().map(|(what, peer)| (*what, peer.predict_us)), table);
    if set.name == "spb" {
        body::measure(table).await;
    }
}

fn answer<'m>(model: &'m Model, text: &str) -> &'m str {
    let scored = model.score(text);
    let better = |best: (usize, f32), next: (usize, &f32)| if *next.1 > best.1 { (next.0, *next.1) } else { best };
    &model.classes()[scored.scores().iter().enumerate().fold((0, f32::MIN), better).0]
}

/// Most resident memory of this process so far, MiB.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<u64>().unwrap() / 1024
}
