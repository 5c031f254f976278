//! A categorizer that does what the appeal's text tells it to: a verb, and how much. What it learns it says as the
//! category of its only candidate.

use std::hint::black_box;

use veche_sdk::{
    Appeal, Candidate, Categorization, Categorizer, Context, Description, Failure, Plugin, Reason, SettingsError,
    applicant, log,
};

/// None.
#[derive(serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
pub struct Settings {}

/// The plug-in.
pub struct Verbs;

impl Plugin for Verbs {
    type Settings = Settings;

    fn describe() -> Description {
        Description::new([("ru", "Глаголы"), ("en", "Verbs")])
    }

    fn configure(_: Settings) -> Result<Self, SettingsError> {
        Ok(Self)
    }
}

impl Categorizer for Verbs {
    fn categorize(&self, appeal: &Appeal, _: &Context) -> Result<Categorization, Failure> {
        let (verb, amount) = appeal.text.split_once(' ').unwrap_or((&appeal.text, "1"));
        let amount: usize = amount.parse().unwrap_or(1);
        match verb {
            "alloc" => drop(black_box(vec![1_u8; amount])),
            "hoard" => drop(black_box((0..amount).map(Box::new).collect::<Vec<_>>())),
            "spin" => loop {
                black_box(amount);
            },
            "recurse" => {
                black_box(recurse(amount));
            }
            "panic" => panic!("told to panic"),
            "abort" => std::process::abort(),
            "exit" => std::process::exit(0),
            "unwrap" => {
                let nothing: Option<usize> = black_box(None);
                black_box(nothing.unwrap());
            }
            "index" => {
                black_box(appeal.text.as_bytes()[black_box(1_000_000)]);
            }
            "fail" => return Err(Failure { message: "told to fail".into() }),
            "person" => tell_all(appeal),
            "log" => (0..amount).for_each(|n| log::info(format!("line {n}"))),
            "reason" => return Ok(say("housing.heating", vec![Reason::new("а".repeat(amount), [])])),
            "candidates" => {
                let many = (0..amount).flat_map(|n| candidates(say(&format!("c{n}"), Vec::new())));
                return Ok(Categorization::Candidates(many.collect()));
            }
            "clock" => return Ok(say(&format!("{:?}", std::time::SystemTime::now()), Vec::new())),
            "random" => {
                use std::hash::BuildHasher as _;
                let hash = std::collections::hash_map::RandomState::new().hash_one(7_u8);
                return Ok(say(&format!("{hash:016x}"), Vec::new()));
            }
            "variables" => return Ok(say(&std::env::vars().count().to_string(), Vec::new())),
            "file" => return Ok(say(&outcome(std::fs::read("/etc/passwd")), Vec::new())),
            "write" => return Ok(say(&outcome(std::fs::write("/tmp/verbs", "here")), Vec::new())),
            "folder" => return Ok(say(&outcome(std::fs::read_dir("/")), Vec::new())),
            "socket" => return Ok(say(&outcome(std::net::TcpStream::connect("127.0.0.1:80")), Vec::new())),
            "process" => return Ok(say(&outcome(std::process::Command::new("sh").spawn()), Vec::new())),
            "thread" => return Ok(say(&outcome(std::thread::Builder::new().spawn(|| ())), Vec::new())),
            _ => {}
        }
        Ok(Categorization::NoOpinion)
    }
}

/// Says whatever it learns of the applicant, and then fails.
fn tell_all(appeal: &Appeal) -> ! {
    let person = applicant::current();
    log::error(format!("{person:?} wrote {}", appeal.text));
    panic!("{person:?} wrote {}", appeal.text)
}

/// Needs stack for each level.
fn recurse(levels: usize) -> usize {
    let here = black_box([levels; 16]);
    if levels == 0 { 0 } else { recurse(levels - 1) + here[levels % 16] }
}

fn outcome<T>(result: std::io::Result<T>) -> String {
    match result {
        Ok(_) => "granted".into(),
        Err(error) => format!("refused: {}", error.kind()),
    }
}

fn say(category: &str, reasons: Vec<Reason>) -> Categorization {
    Categorization::Candidates(vec![Candidate { category: category.into(), confidence: 0.9, reasons }])
}

fn candidates(categorization: Categorization) -> Vec<Candidate> {
    match categorization {
        Categorization::Candidates(candidates) => candidates,
        Categorization::NoOpinion => Vec::new(),
    }
}

veche_sdk::export!(Verbs: categorizer);
