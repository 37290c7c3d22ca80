//! Where a zone begins.

use std::iter;

use hickory_resolver::proto::rr::Name;

/// The name and each name above it, the root last.
pub fn ancestors(name: &Name) -> impl Iterator<Item = Name> + use<> {
    iter::successors(Some(name.clone()), |name| (!name.is_root()).then(|| name.base_name()))
}

/// Whether a zone is the root or a top-level domain: what lies directly in it has no zone of its own.
pub fn is_registry(zone: &Name) -> bool {
    zone.num_labels() < 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ancestors_end_with_the_root() {
        let names: Vec<_> = ancestors(&"a.b.example.".parse().unwrap()).map(|name| name.to_string()).collect();
        assert_eq!(names, ["a.b.example.", "b.example.", "example.", "."]);
    }

    #[test]
    fn a_top_level_domain_is_a_registry() {
        for (name, registry) in [(".", true), ("example.", true), ("lab.example.", false)] {
            assert_eq!(is_registry(&name.parse().unwrap()), registry, "{name}");
        }
    }
}
