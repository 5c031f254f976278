//! Random input from real seeds, for a bounded time: `VECHE_FUZZ_SECONDS` for each target (`cargo xtask fuzz`), two
//! without it. What finds something is written to `target/fuzz` and belongs into `tests/fixtures/found/<target>/`,
//! where every run tries it again.

mod component;
mod csv;
mod result;
mod settings;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use arbtest::arbitrary::{Result as Drawn, Unstructured};
use sha2::{Digest as _, Sha256};
use veche_tests::guest::root;

/// Runs a target on what was found before, on its seeds, and then on mutations of them until the time is up.
fn fuzz(target: &str, seeds: &[Vec<u8>], check: &dyn Fn(&[u8]) -> Result<(), String>) {
    let found = root().join("tests/fixtures/found").join(target);
    for entry in std::fs::read_dir(&found).into_iter().flatten() {
        let path = entry.unwrap().path();
        attempt(target, &std::fs::read(&path).unwrap(), check);
    }
    seeds.iter().for_each(|seed| attempt(target, seed, check));
    let seconds = std::env::var("VECHE_FUZZ_SECONDS").ok().map_or(2, |text| text.parse().expect("a number of seconds"));
    let tried = std::cell::Cell::new(0_u64);
    arbtest::arbtest(|u| {
        let input = mutated(u, seeds)?;
        tried.set(tried.get() + 1);
        attempt(target, &input, check);
        Ok(())
    })
    .size_min(256)
    .budget(Duration::from_secs(seconds));
    println!("{target}: {} inputs in {seconds} s", tried.get());
    assert!(tried.get() > 0, "{target}: not one input was tried");
}

fn attempt(target: &str, input: &[u8], check: &dyn Fn(&[u8]) -> Result<(), String>) {
    let wrong = match catch_unwind(AssertUnwindSafe(|| check(input))) {
        Ok(Ok(())) => return,
        Ok(Err(wrong)) => wrong,
        Err(_) => "a panic, see above".to_owned(),
    };
    let folder = root().join("target/fuzz").join(target);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(&hex::encode(Sha256::digest(input))[..16]);
    std::fs::write(&path, input).unwrap();
    panic!(
        "{target}: {wrong}\nthe input is {}: mend it, and keep it in tests/fixtures/found/{target}/",
        path.display()
    );
}

/// A seed after a few random changes.
fn mutated(u: &mut Unstructured<'_>, seeds: &[Vec<u8>]) -> Drawn<Vec<u8>> {
    let mut bytes = u.choose(seeds)?.clone();
    for _ in 0..u.int_in_range(1..=6)? {
        if bytes.is_empty() {
            break;
        }
        let at = u.choose_index(bytes.len())?;
        match u.int_in_range(0..=6)? {
            0 => bytes[at] ^= 1 << u.int_in_range(0..=7)?,
            1 => bytes[at] = u.arbitrary()?,
            2 => bytes[at] = *u.choose(&[0, 1, 0x7f, 0x80, 0xff])?,
            3 => bytes.truncate(at),
            4 => drop(bytes.drain(at..(at + u.int_in_range(1..=64)?).min(bytes.len()))),
            5 => {
                let piece: [u8; 4] = u.arbitrary()?;
                drop(bytes.splice(at..at, piece));
            }
            _ => {
                // A piece of this or of another seed in another place.
                let from = u.choose(seeds)?;
                let start = u.choose_index(from.len().max(1))?;
                let end = (start + u.int_in_range(1..=128)?).min(from.len());
                drop(bytes.splice(at..at, from.get(start..end).unwrap_or_default().iter().copied()));
            }
        }
    }
    Ok(bytes)
}

/// An error for people: one that says something, and not endlessly.
fn speaks(message: &str) -> Result<(), String> {
    match message.chars().count() {
        1..=4_000 => Ok(()),
        length => Err(format!("an error of {length} characters")),
    }
}
