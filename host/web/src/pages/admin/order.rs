//! The order of one chain (a kind in a block) within the order of all bindings: others keep their places.

use veche_domain::code::BindingId;
use veche_domain::ruleset::Binding;

fn same_chain(a: &Binding, b: &Binding) -> bool {
    a.kind == b.kind && a.block == b.block
}

/// The order after a binding went one place up or down in its chain; none if it cannot.
pub(super) fn moved(bindings: &[Binding], id: &str, up: bool) -> Option<Vec<BindingId>> {
    let own = bindings.iter().find(|b| b.id.as_str() == id)?;
    let mut chain: Vec<BindingId> = bindings.iter().filter(|b| same_chain(own, b)).map(|b| b.id.clone()).collect();
    let place = chain.iter().position(|known| known.as_str() == id)?;
    let other = if up { place.checked_sub(1)? } else { place + 1 };
    if other >= chain.len() {
        return None;
    }
    chain.swap(place, other);
    rearranged(bindings, &chain)
}

/// The order of all bindings with one chain as given; none unless `chain` holds exactly the bindings of one chain.
pub(super) fn rearranged(bindings: &[Binding], chain: &[BindingId]) -> Option<Vec<BindingId>> {
    let first = bindings.iter().find(|b| chain.first() == Some(&b.id))?;
    let members = bindings.iter().filter(|b| same_chain(first, b)).count();
    let belongs = |id: &BindingId| bindings.iter().any(|b| b.id == *id && same_chain(first, b));
    let mut distinct: Vec<&BindingId> = chain.iter().collect();
    distinct.sort();
    distinct.dedup();
    if distinct.len() != members || chain.len() != members || !chain.iter().all(belongs) {
        return None;
    }
    let mut next = chain.iter();
    bindings.iter().map(|b| if same_chain(first, b) { next.next().cloned() } else { Some(b.id.clone()) }).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use veche_domain::code::Digest;

    use super::*;

    fn bindings() -> Vec<Binding> {
        let binding = |(id, kind, block): (&str, &str, Option<&str>)| {
            let value = serde_json::json!({"id": id, "kind": kind, "block": block, "release": Digest::of(b"")});
            serde_json::from_value(value).unwrap()
        };
        [
            ("a", "router", None),
            ("b", "router", Some("roads")),
            ("c", "categorizer", None),
            ("d", "router", None),
            ("e", "router", None),
        ]
        .map(binding)
        .to_vec()
    }

    fn said(order: Option<Vec<BindingId>>) -> Option<String> {
        order.map(|order| order.iter().map(BindingId::as_str).collect())
    }

    #[test]
    fn a_binding_moves_within_its_chain_alone() {
        let all = bindings();
        assert_eq!(said(moved(&all, "d", true)).as_deref(), Some("dbcae"));
        assert_eq!(said(moved(&all, "d", false)).as_deref(), Some("abced"));
        for (id, up) in [("a", true), ("e", false), ("b", true), ("b", false), ("x", true)] {
            assert_eq!(moved(&all, id, up), None, "{id}");
        }
    }

    #[test]
    fn a_chain_is_given_whole() {
        let all = bindings();
        let ids = |text: &str| text.split(' ').map(|id| BindingId::new(id).unwrap()).collect::<Vec<_>>();
        assert_eq!(said(rearranged(&all, &ids("e a d"))).as_deref(), Some("ebcad"));
        for odd in ["e a", "e a d d", "e a b", "b c", "e a x"] {
            assert_eq!(rearranged(&all, &ids(odd)), None, "{odd}");
        }
    }
}
