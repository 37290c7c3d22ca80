//! Reading orders and their authorizations (RFC 8555 §7.1.3, §7.1.4).

use std::collections::HashSet;
use std::time::Duration;

use domain::ports::{Challenge, ChallengeType as Type, HttpAnswer, OrderStatus, OrderView};
use instant_acme::{
    AuthorizationState, AuthorizationStatus, ChallengeStatus, ChallengeType, Identifier, Order, OrderStatus as Status,
};

use crate::fault::{Fault, persist, shortened, words};
use crate::transport::https;

/// As many as a certificate has names at most, each of which costs a request.
const AUTHORIZATIONS_MAX: usize = 100;
/// The longest URL, and the longest token, that is kept.
pub(crate) const URL_MAX: usize = 2048;
const TOKEN_MAX: usize = 128;

/// The order as the port shows it, without challenges; an invalid one with its reason.
pub(crate) async fn view(order: &mut Order, retry_after: Option<Duration>) -> Result<OrderView, Fault> {
    let status = match order.state().status {
        Status::Pending => OrderStatus::Pending,
        Status::Ready => OrderStatus::Ready,
        Status::Processing => OrderStatus::Processing,
        Status::Valid => OrderStatus::Valid,
        Status::Invalid => OrderStatus::Invalid,
    };
    let problem = match status {
        OrderStatus::Invalid => Some(problem(order).await?),
        OrderStatus::Pending | OrderStatus::Ready | OrderStatus::Processing | OrderStatus::Valid => None,
    };
    Ok(OrderView { url: checked_url(order.url())?, status, challenges: Vec::new(), problem, retry_after })
}

/// A URL to be stored: one that can be called, and is no longer than one.
pub(crate) fn checked_url(url: &str) -> Result<String, Fault> {
    match https(url) {
        Some(_) if url.len() <= URL_MAX => Ok(url.to_owned()),
        _ => Err(Fault::refused("the CA's answer is not ACME: its Location is no https URL")),
    }
}

/// Whether it is a token as RFC 8555 §8.1 has it: base64url, and not without end.
fn is_token(text: &str) -> bool {
    let base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=TOKEN_MAX).contains(&text.len()) && text.bytes().all(base64url)
}

/// Why an order is invalid: its challenges say more than the order itself.
pub(crate) async fn problem(order: &mut Order) -> Result<String, Fault> {
    load(order).await?;
    let state = order.state();
    let reasons: Vec<_> = state.authorizations.iter().filter_map(|a| failure(a.state.as_ref()?)).collect();
    let words = match (&reasons[..], &state.error) {
        ([], Some(error)) => words(error),
        ([], None) => "the CA gave no reason".to_owned(),
        (reasons, _) => reasons.join("; "),
    };
    Ok(shortened(&words))
}

/// The challenges of an order (RFC 8555 §8.3, §8.4), for an account whose key has this thumbprint.
pub(crate) async fn challenges(order: &mut Order, thumbprint: &str) -> Result<Vec<Challenge>, Fault> {
    load(order).await?;
    let mut found = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        let pending = authorization.status == AuthorizationStatus::Pending;
        let (name, wildcard) = (name(&authorization), authorization.wildcard);
        let token = |kind| authorization.challenges.iter().find(|c| c.r#type == kind).map(|c| c.token.clone());
        if [ChallengeType::Http01, ChallengeType::Dns01].into_iter().filter_map(token).any(|token| !is_token(&token)) {
            return Err(Fault::refused(format!("the CA's answer is not ACME: a token for {name} is not base64url")));
        }
        let http = token(ChallengeType::Http01)
            .map(|token| HttpAnswer { key_authorization: format!("{token}.{thumbprint}"), token });
        let value =
            authorization.challenge(ChallengeType::Dns01).map(|challenge| challenge.key_authorization().dns_value());
        // Of a name that was proven earlier, the CA may show no challenge, or the one it was proven by.
        if pending && value.is_none() && http.is_none() {
            return Err(Fault::refused(format!("the CA offers neither dns-01 nor http-01 for {name}")));
        }
        found.push(Challenge { name, wildcard, value: value.unwrap_or_default(), http, pending });
    }
    Ok(found)
}

/// Sets every pending challenge of a type ready (RFC 8555 §7.5.1); an invalid one is the error. An order that waits for
/// no answer is left alone.
pub(crate) async fn answer(order: &mut Order, by: Type) -> Result<(), Fault> {
    match order.state().status {
        Status::Pending => {}
        Status::Invalid => return Err(Fault::refused(problem(order).await?)),
        Status::Ready | Status::Processing | Status::Valid => return Ok(()),
    }
    load(order).await?;
    let mut answered = HashSet::new();
    persist!(answer_rest(order, by, &mut answered))
}

async fn answer_rest(order: &mut Order, by: Type, answered: &mut HashSet<String>) -> Result<(), Fault> {
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        if let Some(reason) = failure(&authorization) {
            return Err(Fault::refused(reason));
        }
        let name = name(&authorization);
        if authorization.status == AuthorizationStatus::Valid {
            continue;
        }
        let (kind, words) = match by {
            Type::Dns01 => (ChallengeType::Dns01, "dns-01"),
            Type::Http01 => (ChallengeType::Http01, "http-01"),
        };
        let none = || Fault::refused(format!("the CA offers no {words} challenge for {name}"));
        let mut challenge = authorization.challenge(kind).ok_or_else(none)?;
        if challenge.status == ChallengeStatus::Pending && !answered.contains(&challenge.url) {
            challenge.set_ready().await?;
            answered.insert(challenge.url.clone());
        }
    }
    Ok(())
}

/// Fetches the authorizations that are not here yet; refuses an order that has no end of them.
async fn load(order: &mut Order) -> Result<(), Fault> {
    let count = order.state().authorizations.len();
    if count > AUTHORIZATIONS_MAX {
        return Err(Fault::refused(format!("the CA's order has {count} authorizations; one for each name is right")));
    }
    persist!(load_rest(order))
}

async fn load_rest(order: &mut Order) -> Result<(), Fault> {
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        authorization?;
    }
    Ok(())
}

/// Why an authorization can no longer become valid; `None` while it can, or is.
fn failure(authorization: &AuthorizationState) -> Option<String> {
    let status = match authorization.status {
        AuthorizationStatus::Pending | AuthorizationStatus::Valid => return None,
        AuthorizationStatus::Invalid => "is invalid",
        AuthorizationStatus::Revoked => "was revoked",
        AuthorizationStatus::Expired => "has expired",
        AuthorizationStatus::Deactivated => "was deactivated",
    };
    let error = authorization.challenges.iter().find_map(|challenge| challenge.error.as_ref());
    let reason = error.map_or_else(|| format!("its authorization {status}"), words);
    Some(format!("{}: {reason}", authorization.identifier()))
}

fn name(authorization: &AuthorizationState) -> String {
    let identifier = authorization.identifier();
    match identifier.identifier {
        Identifier::Dns(name) => name.clone(),
        _ => identifier.to_string(),
    }
}
