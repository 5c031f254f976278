//! Bytes of components: each is refused in words, or runs within its limits.

use veche_domain::decision::Kind;
use veche_domain::limits::Limits;
use veche_sandbox::EngineConfig;
use veche_tests::guest::Guest;
use veche_tests::hostile::{GOOD_TEXT, called};
use veche_tests::yard::{Yard, appeal};

#[test]
fn a_component_is_refused_in_words_or_runs() {
    let yard = Yard::new(&EngineConfig { instances: 16, ..EngineConfig::default() });
    let appeal = appeal(GOOD_TEXT, "2026-02-05T09:00:00Z".parse().unwrap());
    let limits = Limits { fuel: 1_000_000, configure_fuel: 1_000_000, functions: 500, types: 500, ..Limits::default() };
    let hostile = called().into_iter().map(|hostile| hostile.component);
    let seeds: Vec<Vec<u8>> =
        [Guest::categorizer().build(), Guest::router().build()].into_iter().chain(hostile).collect();
    super::fuzz("component", &seeds, &|bytes| {
        let plugin = match yard.prepare(bytes, &limits) {
            Ok(plugin) => plugin,
            Err(error) => return super::speaks(&error.to_string()),
        };
        let kind = yard.inspect(bytes, &limits).map_or(Kind::Categorizer, |inspection| inspection.kinds[0]);
        let asked = yard.ask(&plugin, kind, &appeal);
        match asked.result {
            Ok(_) => Ok(()),
            Err(fault) => super::speaks(&fault.to_string()),
        }
    });
}
