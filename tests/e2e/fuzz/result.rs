//! Answers of a guest, byte by byte: each becomes an answer, or a fault of that call that comes again.

use veche_domain::decision::Kind;
use veche_domain::limits::Limits;
use veche_sandbox::{EngineConfig, Fault};
use veche_tests::guest::{Guest, World};
use veche_tests::yard::{Yard, appeal};

/// Copies the appeal's text, one character for each byte, to where answers begin. The permission `applicant` keeps
/// the text from being masked.
const ECHO: &str = "(local $from i32) (local $end i32) (local $to i32) (local $byte i32)
    (local.set $from (i32.load offset=36 (local.get $appeal)))
    (local.set $end (i32.add (local.get $from) (i32.load offset=40 (local.get $appeal))))
    (local.set $to (i32.const 1024))
    (block $done
      (loop $more
        (br_if $done (i32.ge_u (local.get $from) (local.get $end)))
        (local.set $byte (i32.load8_u (local.get $from)))
        (local.set $from (i32.add (local.get $from) (i32.const 1)))
        (if (i32.ge_u (local.get $byte) (i32.const 128))
          (then
            (local.set $byte (i32.or
              (i32.shl (i32.and (local.get $byte) (i32.const 3)) (i32.const 6))
              (i32.and (i32.load8_u (local.get $from)) (i32.const 63))))
            (local.set $from (i32.add (local.get $from) (i32.const 1)))))
        (i32.store8 (local.get $to) (local.get $byte))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (br $more)))
    (i32.const 1024)";

fn echo(world: World, export: &str) -> Vec<u8> {
    Guest::new(world).import("applicant", "current", "(func $who (param i32))").body(export, ECHO).build()
}

/// Words of 32 bits as memory holds them.
fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn check(world: World, kind: Kind, export: &str, seeds: &[Vec<u8>]) {
    let yard = Yard::new(&EngineConfig { instances: 16, ..EngineConfig::default() });
    let plugin = yard.prepare(&echo(world, export), &Limits::default()).unwrap();
    let at = "2026-02-05T09:00:00Z".parse().unwrap();
    super::fuzz(export, seeds, &|bytes| {
        let text: String = bytes.iter().take(3_000).map(|byte| char::from(*byte)).collect();
        if text.is_empty() {
            return Ok(());
        }
        let appeal = appeal(&text, at);
        let (first, second) = (yard.ask(&plugin, kind, &appeal), yard.ask(&plugin, kind, &appeal));
        if (&first.result, first.fuel) != (&second.result, second.fuel) {
            return Err(format!("{first:?} and then {second:?}"));
        }
        match first.result {
            Ok(_) => Ok(()),
            Err(Fault::Host { message }) => Err(format!("the host is blamed: {message}")),
            Err(fault) => super::speaks(&fault.to_string()),
        }
    });
}

#[test]
fn any_answer_of_a_categorizer_is_taken_or_refused() {
    // One candidate at 1048: code and evidence at 1100, one reason at 1068.
    let candidate = words(&[0, 1, 1048, 1, 0, 0, 1100, 15, 0x3f66_6666, 1068, 1, 1100, 5, 1084, 1, 1106, 4, 0, 0]);
    let failure = words(&[1, 1036, 5, 0x6c6c_6568, 0x6f]);
    let seeds = [words(&[0, 0, 0]), [candidate, b"housing.heating".to_vec()].concat(), failure];
    check(World::Categorizer, Kind::Categorizer, "categorize", &seeds);
}

#[test]
fn any_answer_of_a_router_is_taken_or_refused() {
    // A body at 1136 with one clock at 1072.
    let assigned = words(&[
        0,
        1,
        1136,
        11,
        1,
        1072,
        1,
        0,
        0,
        0,
        0,
        0,
        3,
        0,
        0x6990_0000,
        0,
        1136,
        11,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
    ]);
    let person = words(&[0, 2, 1040, 4, 0x3f6f_6877]);
    let seeds = [words(&[0, 0, 0]), [assigned, b"dep-housing".to_vec()].concat(), person];
    check(World::Router, Kind::Router, "route", &seeds);
}
