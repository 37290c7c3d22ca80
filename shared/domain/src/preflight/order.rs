//! What is looked at of an order as a whole.

use jiff::{SignedDuration, Timestamp};

use super::{Check, CheckState, Plan};
use crate::acme::{self, AccountStatus, Provider};
use crate::certificates::{Certificate, State};
use crate::list::{self, PageRequest};
use crate::names::DomainName;
use crate::{Context, Result};

/// CAs count certificates for one exact set of names by the week.
const LATELY: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Names that another name of the order covers.
pub(super) fn redundant(plan: &Plan) -> Vec<Check> {
    let found = covered(&plan.names);
    found.map(|(name, wildcard)| redundancy(&plan.provider, name, &wildcard)).collect()
}

fn covered(names: &[DomainName]) -> impl Iterator<Item = (&DomainName, String)> {
    names.iter().filter_map(|name| {
        let (_, parent) = name.as_str().split_once('.').filter(|(first, _)| *first != "*")?;
        let wildcard = format!("*.{parent}");
        names.iter().any(|other| other.as_str() == wildcard).then_some((name, wildcard))
    })
}

fn redundancy(provider: &Provider, name: &DomainName, wildcard: &str) -> Check {
    let (state, who) = match acme::refuses_redundant_names(provider) {
        true => (CheckState::Failed, "the CA refuses an order with both"),
        false => (CheckState::Warning, "some CAs refuse an order with both, Let's Encrypt among them"),
    };
    let detail = format!("{wildcard} covers it already, and {who}: leave {name} out");
    Check { name: name.to_string(), check: "names", state, detail }
}

/// What the account and the owner's other certificates say of the order.
pub(super) async fn standing(ctx: &Context, plan: &Plan) -> Result<Vec<Check>> {
    let Some(first) = plan.names.first() else { return Ok(Vec::new()) };
    let now = ctx.clock.now();
    let mut checks: Vec<Check> = account(plan, first, now).into_iter().collect();
    let search = Some(first.as_str().to_owned());
    let request = PageRequest { page: 1, per_page: list::PER_PAGE_MAX, search };
    let total = Certificate::total(plan.owner);
    let known =
        list::page::<Certificate>(ctx.store.as_ref(), "by_owner", plan.owner.0.into(), &total, &request).await?;
    let same = known.rows.iter().filter(|certificate| is_for(certificate, &plan.names));
    let said = same.filter_map(|certificate| duplicate(certificate, now));
    checks.extend(said.map(|detail| Check {
        name: first.to_string(),
        check: "duplicate",
        state: CheckState::Warning,
        detail,
    }));
    Ok(checks)
}

fn account(plan: &Plan, first: &DomainName, now: Timestamp) -> Option<Check> {
    let account = plan.account.as_ref()?;
    let detail = match (account.status, account.wait(&plan.names, now)) {
        (AccountStatus::Deactivated, _) => account.deactivated(),
        (AccountStatus::Disabled, _) => {
            format!("ACME account {} is disabled; enable it with POST /api/v1/acme/accounts/enable", account.id)
        }
        (AccountStatus::Active, Some(wait)) => {
            format!("the CA asked ACME account {} to wait until {:.0}: {}", account.id, wait.until, wait.reason)
        }
        (AccountStatus::Active, None) => return None,
    };
    Some(Check { name: first.to_string(), check: "account", state: CheckState::Failed, detail })
}

fn is_for(certificate: &Certificate, names: &[DomainName]) -> bool {
    certificate.names().count() == names.len() && certificate.names().all(|name| names.contains(name))
}

/// What to do with a certificate that there is for the same names, where it is new or on its way.
fn duplicate(certificate: &Certificate, now: Timestamp) -> Option<String> {
    let (id, since) = (certificate.id, certificate.created_at);
    match &certificate.state {
        State::Unissued => Some(format!(
            "certificate {id} has been ordered for the same names since {since:.0}: make its records, and POST \
             /api/certificates/{id}/verify, or delete it"
        )),
        State::Verifying { operation } | State::Issuing { operation } => Some(format!(
            "certificate {id} is being issued for the same names: GET /api/operations/{operation} shows the progress"
        )),
        State::Issued(issued) if now.duration_since(issued.valid_from) < LATELY && issued.valid_to > now => {
            Some(format!(
                "certificate {id} for the same names was issued at {:.0}: use that one; CAs limit how often the same \
                 names are issued for",
                issued.valid_from
            ))
        }
        State::Issued(_) | State::Failed { .. } | State::Revoked { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_covers_one_label_and_nothing_else() {
        let names = ["example.com", "*.example.com", "www.example.com", "a.www.example.com", "*.www.example.com"];
        let names: Vec<_> = names.iter().map(|name| DomainName::parse("domain", name).unwrap()).collect();
        let found: Vec<_> = covered(&names).map(|(name, by)| (name.as_str(), by)).collect();
        let expected = [("www.example.com", "*.example.com"), ("a.www.example.com", "*.www.example.com")];
        assert_eq!(found, expected.map(|(name, by)| (name, by.to_owned())));
    }
}
