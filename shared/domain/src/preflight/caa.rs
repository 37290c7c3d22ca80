//! Whether CAA records let a CA issue (RFC 8659, RFC 8657).

use super::CheckState;
use crate::ports::CaaRecord;

/// Tags that CAs know, whatever they do with them (the IANA registry of CAA properties).
const KNOWN: [&str; 7] = ["issue", "issuewild", "iodef", "issuemail", "issuevmc", "contactemail", "contactphone"];

/// Who asks for what.
pub(super) struct Asked<'a> {
    pub wildcard: bool,
    pub identities: Option<&'a [String]>,
    /// The account's URL at the CA, if there is an account yet.
    pub account: Option<&'a str>,
    /// `dns-01` or `http-01`.
    pub validation: &'a str,
}

/// What one `issue` or `issuewild` says to the asker.
enum Verdict {
    Allows,
    /// It is for this CA, but for another account or another way to prove a name.
    Not(String),
    /// It is for another CA.
    Other(String),
    Unknown(String),
}

/// What the relevant records at `at` come to.
pub(super) fn judge(at: &str, records: &[CaaRecord], asked: &Asked<'_>) -> (CheckState, String) {
    if let Some(record) = records.iter().find(|record| record.critical && !KNOWN.contains(&record.tag.as_str())) {
        let detail = format!("the CAA record {at} {} is critical, and no CA knows it: it must not issue", record.tag);
        return (CheckState::Failed, detail);
    }
    let of =
        |tag: &str| records.iter().filter(|record| record.tag == tag).map(|r| r.value.as_str()).collect::<Vec<_>>();
    let wild = of("issuewild");
    let (tag, values) = if asked.wildcard && !wild.is_empty() { ("issuewild", wild) } else { ("issue", of("issue")) };
    if values.is_empty() {
        return (CheckState::Ok, format!("the CAA records of {at} restrict nobody"));
    }
    let verdicts: Vec<Verdict> = values.iter().map(|value| verdict(value, asked)).collect();
    let mut unknown = None;
    let mut not = None;
    let mut others = Vec::new();
    for verdict in verdicts {
        match verdict {
            Verdict::Allows => return (CheckState::Ok, format!("the CAA records of {at} allow this CA")),
            Verdict::Unknown(why) => unknown = Some(why),
            Verdict::Not(why) => not = Some(why),
            Verdict::Other(name) => others.push(name),
        }
    }
    if let Some(why) = unknown {
        return (CheckState::Warning, format!("the CAA records of {at}: {why}"));
    }
    let names = asked.identities.unwrap_or_default().join(" or ");
    let detail = match not {
        Some(why) => format!("the CAA records of {at} do not allow this order: {why}"),
        None if others.iter().all(String::is_empty) => {
            format!("the CAA records of {at} allow no CA; add {at} CAA 0 {tag} \"{names}\"")
        }
        None => {
            let others = others.into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>().join(", ");
            format!("the CAA records of {at} allow {others} only; add {at} CAA 0 {tag} \"{names}\"")
        }
    };
    (CheckState::Failed, detail)
}

fn verdict(value: &str, asked: &Asked<'_>) -> Verdict {
    let (issuer, parameters) = value.split_once(';').unwrap_or((value, ""));
    let issuer = issuer.trim().trim_end_matches('.').to_ascii_lowercase();
    if issuer.is_empty() || issuer.contains(char::is_whitespace) {
        return Verdict::Other(String::new());
    }
    match asked.identities {
        None => return Verdict::Unknown(format!("only {issuer} may issue, and whether that is this CA is not known")),
        Some(names) if !names.iter().any(|name| name.eq_ignore_ascii_case(&issuer)) => return Verdict::Other(issuer),
        Some(_) => {}
    }
    let pairs = parameters.split([';', ' ', '\t']).map(str::trim).filter(|text| !text.is_empty());
    let pairs: Vec<(String, &str)> = pairs
        .map(|pair| pair.split_once('=').map_or((pair, ""), |(tag, value)| (tag.trim(), value.trim())))
        .map(|(tag, value)| (tag.to_ascii_lowercase(), value))
        .collect();
    let of = |tag: &str| pairs.iter().filter(|(name, _)| name == tag).map(|(_, v)| *v).collect::<Vec<_>>();
    let (accounts, methods) = (of("accounturi"), of("validationmethods"));
    if let [methods] = methods[..]
        && !methods.split(',').any(|method| method.trim() == asked.validation)
    {
        return Verdict::Not(format!("validationmethods is {methods}, and the challenge is {}", asked.validation));
    }
    // More than one of a kind is satisfied by nobody (RFC 8657 §3, §4).
    if methods.len() > 1 || accounts.len() > 1 {
        return Verdict::Not("accounturi or validationmethods is there more than once".into());
    }
    match (accounts.first(), asked.account) {
        (None, _) => Verdict::Allows,
        (Some(uri), Some(account)) if *uri == account => Verdict::Allows,
        (Some(uri), Some(account)) => Verdict::Not(format!("accounturi is {uri}, and the account is {account}")),
        (Some(uri), None) => Verdict::Unknown(format!("accounturi is {uri}, and you have no account at this CA yet")),
    }
}
