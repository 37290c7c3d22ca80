//! The answer of one configured server, whoever's zone it is.

use std::net::SocketAddr;

use domain::ports::{DnsError, ServerAnswer};
use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::{Name, RecordType};

use crate::answer::{Trail, alias, code, text, txt as values, zone_of};
use crate::exchange::ask;
use crate::zone::{ancestors, is_registry};

/// Asks `server` for the TXT values of a name, and of what it is an alias of.
pub async fn txt(server: SocketAddr, name: Name) -> Result<Vec<ServerAnswer>, DnsError> {
    let mut trail = Trail::new(name);
    let found = loop {
        let asked = trail.end().clone();
        let message = match ask(server, &asked, RecordType::TXT, true).await {
            Ok(message) => message,
            Err(e) => break Err(e.to_string()),
        };
        match message.response_code {
            ResponseCode::NoError => {}
            // The code is about the alias's target, and the next question too. A loop is SERVFAIL to bind9.
            _ if alias(&message, &asked).is_some() => {}
            ResponseCode::NXDomain => in_a_zone(server, &message, &trail).await?,
            // No proof that there is no zone: the server may not be well, or not ask for whoever asks it.
            other => return Err(DnsError::Unavailable(asked_for(server, &trail, &code(other)))),
        }
        if let Some(found) = values(&message, &mut trail).transpose() {
            break found;
        }
    };
    Ok(vec![ServerAnswer { server: server.to_string(), name: text(trail.end()), values: found }])
}

/// Fails unless the name that does not exist lies in a zone that does.
async fn in_a_zone(server: SocketAddr, message: &Message, trail: &Trail) -> Result<(), DnsError> {
    let missing = |zone: &str| no_zone(server, trail, &format!("NXDOMAIN, and {zone}"));
    let name = trail.end();
    if let Some(zone) = zone_of(message, name) {
        let closest = || missing(&format!("the closest zone is {}", text(zone)));
        return if is_registry(zone) { Err(closest()) } else { Ok(()) };
    }
    for ancestor in ancestors(name).take_while(|ancestor| !is_registry(ancestor)) {
        let Ok(message) = ask(server, &ancestor, RecordType::SOA, true).await else { break };
        if zone_of(&message, &ancestor).is_some_and(|zone| !is_registry(zone)) {
            return Ok(());
        }
    }
    Err(missing("it knows no zone above it"))
}

fn no_zone(server: SocketAddr, trail: &Trail, answer: &str) -> DnsError {
    DnsError::NoZone(asked_for(server, trail, answer))
}

fn asked_for(server: SocketAddr, trail: &Trail, answer: &str) -> String {
    format!("{server} was asked for the TXT records of {trail}; it answered {answer}")
}
