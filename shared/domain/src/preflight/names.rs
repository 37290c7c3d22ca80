use std::future::Future;

use futures_util::future::join_all;
use tokio::time::{Instant, timeout_at};

use super::caa::{Asked, judge};
use super::{Check, CheckState, Plan};
use crate::Context;
use crate::certificates::Method;
use crate::delegation::{self, CHALLENGE};
use crate::dns_credentials::encloses;
use crate::names::DomainName;
use crate::ports::{ChallengeType, DnsError};

/// The longest name there is in DNS (RFC 1035 §2.3.4, as text).
const NAME_MAX: usize = 253;

type Found = (CheckState, String);

/// Every check of one name.
pub(super) async fn check(ctx: &Context, plan: &Plan, name: &DomainName, deadline: Instant) -> Vec<Check> {
    let (zone, caa, challenge) = futures_util::join!(
        in_time(deadline, zone(ctx, name)),
        in_time(deadline, caa(ctx, plan, name)),
        in_time(deadline, challenge(ctx, plan, name)),
    );
    let found = [("zone", zone), ("caa", caa), ("challenge", challenge)];
    found.map(|(check, (state, detail))| Check { name: name.to_string(), check, state, detail }).into()
}

async fn in_time(deadline: Instant, check: impl Future<Output = Found>) -> Found {
    let late = || (CheckState::Warning, "the name servers did not answer in time; it may be well nevertheless".into());
    timeout_at(deadline, check).await.unwrap_or_else(|_| late())
}

fn ok(detail: String) -> Found {
    (CheckState::Ok, detail)
}

fn failed(detail: String) -> Found {
    (CheckState::Failed, detail)
}

fn unknown(error: &DnsError) -> Found {
    (CheckState::Warning, format!("could not be looked up: {error}"))
}

/// Whether a name is one that many people have names below, and nobody a certificate for (the ICANN part of the public
/// suffix list).
fn is_public_suffix(name: &str) -> bool {
    psl::suffix(name.as_bytes())
        .is_some_and(|suffix| suffix.typ() == Some(psl::Type::Icann) && suffix.as_bytes() == name.as_bytes())
}

async fn zone(ctx: &Context, name: &DomainName) -> Found {
    let base = name.base();
    if is_public_suffix(base) {
        return failed(format!("{base} is a public suffix: no CA issues for it"));
    }
    match ctx.dns.zone(base).await {
        Ok(zone) if is_public_suffix(&zone) => failed(format!("the closest zone is {zone}: {base} is not registered")),
        Ok(zone) => ok(format!("lies in the zone {zone}")),
        Err(DnsError::NoZone(reason)) => failed(format!("lies in no zone: {reason}")),
        Err(error @ DnsError::Unavailable(_)) => unknown(&error),
    }
}

/// The records that count are those of the closest name at or above that has any (RFC 8659 §3).
async fn caa(ctx: &Context, plan: &Plan, name: &DomainName) -> Found {
    let labels: Vec<&str> = name.base().split('.').collect();
    let above: Vec<String> = (0..labels.len()).map(|from| labels[from..].join(".")).collect();
    let look = |name: String| async move { ctx.dns.caa(&name).await };
    let answers = join_all(above.iter().cloned().map(look)).await;
    for (at, answer) in above.iter().zip(answers) {
        match answer {
            Ok(records) if records.is_empty() => {}
            Ok(records) => {
                let account = plan.account.as_ref().map(|account| account.account_url.as_str());
                let wildcard = name.as_str().starts_with("*.");
                let identities = plan.identities.as_deref();
                let validation = match plan.method.challenge_type() {
                    ChallengeType::Dns01 => "dns-01",
                    ChallengeType::Http01 => "http-01",
                };
                let asked = Asked { wildcard, identities, account, validation };
                return judge(at, &records, &asked);
            }
            Err(error) => {
                let (state, detail) = unknown(&error);
                return (state, format!("{detail}; a CA that cannot read CAA records does not issue"));
            }
        }
    }
    ok("no CAA record restricts who may issue".into())
}

async fn challenge(ctx: &Context, plan: &Plan, name: &DomainName) -> Found {
    let wildcard = name.as_str().starts_with("*.");
    let longest = NAME_MAX - CHALLENGE.len();
    if plan.method.challenge_type() == ChallengeType::Dns01 && name.base().len() > longest {
        let length = name.base().len();
        return failed(format!(
            "no DNS record can prove it: with {CHALLENGE} in front a name may have {longest} characters, and this one has \
             {length}; use the challenge http, or a wildcard above it"
        ));
    }
    match (plan.method, &plan.delegation) {
        (Method::Http, _) if wildcard => {
            failed("a wildcard is proven by DNS only: use the challenge dns, delegated or manual".into())
        }
        (Method::Http, _) => {
            let url = &ctx.settings.public_url;
            ok(format!("http://{}/.well-known/acme-challenge/ has to be sent on to {url}", name.base()))
        }
        (Method::Delegated, None) => failed("the operator has set up no delegation zone: use another challenge".into()),
        (Method::Delegated, Some(delegation)) => {
            match delegation::missing(ctx, delegation, plan.owner, name.base()).await {
                Ok(None) => ok(format!("leads to {}", delegation.target(plan.owner, name.base()))),
                Ok(Some(missing)) => failed(missing),
                Err(error) => unknown(&error),
            }
        }
        (Method::Manual | Method::Dns { .. }, _) => record(ctx, plan, name).await,
    }
}

/// Whether the record of the challenge can be made, and where.
async fn record(ctx: &Context, plan: &Plan, name: &DomainName) -> Found {
    let host = format!("{CHALLENGE}{}", name.base());
    let aliases = match ctx.dns.aliases(&host).await {
        Ok(aliases) => aliases,
        Err(error) => return unknown(&error),
    };
    if let Some(why) = aliases.broken {
        return failed(format!("{host} leads nowhere: {why}; remove that CNAME"));
    }
    let at = aliases.end();
    let zone = plan.credential.as_ref().and_then(|credential| credential.zone.as_deref());
    match zone {
        Some(zone) if !encloses(zone, at) => {
            let led = if aliases.is_alias() { format!(" is an alias of {at}, which") } else { String::new() };
            failed(format!("{host}{led} is not in {zone}, the zone of the DNS credential"))
        }
        Some(zone) => ok(format!("the record will be made at {at}, in the zone {zone}")),
        None if aliases.is_alias() && plan.credential.is_none() => {
            (CheckState::Warning, format!("{host} is a CNAME: the record has to be made at {at}"))
        }
        None => ok(format!("the record belongs at {at}")),
    }
}
