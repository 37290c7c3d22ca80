use crate::names::DomainName;
use crate::{Error, Result};

/// The longest name (RFC 1035 §2.3.4), as text.
const NAME_MAX: usize = 253;

/// Reads the zone a credential is for, as a person writes it; none when it is empty.
pub fn parse_zone(field: &str, text: Option<&str>) -> Result<Option<String>> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let mut rest = text;
    let mut labels = String::new();
    // A zone may be cut at the name of a record, such as _acme-challenge.www.example.com (RFC 8552).
    while let Some((label, base)) = rest.split_once('.').filter(|(label, _)| label.starts_with('_')) {
        let is_label = label.len() <= 63 && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if !is_label {
            return Err(Error::invalid(field, "must be a zone such as example.com or _acme-challenge.www.example.com"));
        }
        labels.push_str(&label.to_ascii_lowercase());
        labels.push('.');
        rest = base;
    }
    let zone = DomainName::parse(field, rest)?;
    if zone.as_str().starts_with("*.") {
        return Err(Error::invalid(field, "must be a zone such as example.com, without a wildcard"));
    }
    let zone = format!("{labels}{zone}");
    if zone.len() > NAME_MAX {
        return Err(Error::invalid(field, format!("must be at most {NAME_MAX} characters long")));
    }
    Ok(Some(zone))
}

/// Whether a zone is at or above a name.
pub fn encloses(zone: &str, name: &str) -> bool {
    let (zone, name) = (zone.trim_end_matches('.'), name.trim_end_matches('.'));
    let above = name.len().checked_sub(zone.len()).map(|at| name.split_at(at));
    above.is_some_and(|(head, tail)| tail.eq_ignore_ascii_case(zone) && (head.is_empty() || head.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::{encloses, parse_zone};

    #[test]
    fn a_zone_may_be_cut_at_the_name_of_a_challenge() {
        for (text, zone) in [
            ("Example.com.", "example.com"),
            ("_acme-challenge.Kube.example.test", "_acme-challenge.kube.example.test"),
            ("_Acme-Challenge.bücher.example", "_acme-challenge.xn--bcher-kva.example"),
        ] {
            assert_eq!(parse_zone("zone", Some(text)).unwrap().as_deref(), Some(zone), "{text}");
        }
        let long = format!("_{}.example.com", "a".repeat(63));
        for text in
            ["_a b.example.com", "_acme.*.example.com", "*.example.com", "_acme-challenge.com", "_.1.2.3.4", &long]
        {
            assert!(parse_zone("zone", Some(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn a_zone_encloses_itself_and_what_is_below() {
        for (zone, name, inside) in [
            ("example.com", "example.com", true),
            ("example.com", "_acme-challenge.www.Example.com.", true),
            ("example.com", "notexample.com", false),
            ("www.example.com", "example.com", false),
        ] {
            assert_eq!(encloses(zone, name), inside, "{zone} {name}");
        }
    }
}
