use crate::names::DomainName;
use crate::{Error, Result};

/// Reads the zone a credential is for, as a person writes it; none when it is empty.
pub fn parse_zone(field: &str, text: Option<&str>) -> Result<Option<String>> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    let zone = DomainName::parse(field, text)?;
    if zone.as_str().starts_with("*.") {
        return Err(Error::invalid(field, "must be a zone such as example.com, without a wildcard"));
    }
    Ok(Some(zone.as_str().to_owned()))
}

/// Whether a zone is at or above a name.
pub fn encloses(zone: &str, name: &str) -> bool {
    let (zone, name) = (zone.trim_end_matches('.'), name.trim_end_matches('.'));
    let above = name.len().checked_sub(zone.len()).map(|at| name.split_at(at));
    above.is_some_and(|(head, tail)| tail.eq_ignore_ascii_case(zone) && (head.is_empty() || head.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::encloses;

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
