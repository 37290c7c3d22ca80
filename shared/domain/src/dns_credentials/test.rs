use std::time::Duration;

use jiff::SignedDuration;

use super::{DnsCredential, parse_zone};
use crate::dns_records::{self, PublishError};
use crate::entity::{self, Stored};
use crate::ids::{DnsCredentialId, OperationId};
use crate::operations::{self, Leased, Next, Operation, Work, take};
use crate::ports::{DnsError, EntropyExt, ServerAnswer};
use crate::{Context, Error, Result};

/// What it does, one after the other.
const STEPS: &[&str] = &["write", "read", "remove"];
/// How long one worker keeps the operation.
const LEASE: Duration = Duration::from_secs(90);
/// The pause between two looks.
const LOOK: Duration = Duration::from_secs(2);
/// How long the name servers may take to show the record.
const SHOWN_WITHIN: SignedDuration = SignedDuration::from_mins(3);
/// How long the provider may be unreachable.
const WRITTEN_WITHIN: SignedDuration = SignedDuration::from_mins(5);

/// Begins to try a credential out: a TXT record is written, read from the zone's own name servers, and removed.
pub async fn test(ctx: &Context, credential: &DnsCredential, zone: Option<&str>) -> Result<Operation> {
    let zone = parse_zone("zone", zone)?.or_else(|| credential.zone.clone());
    let zone = zone.ok_or_else(|| {
        Error::invalid("zone", "must name a zone of yours at this provider, since the credential names none")
    })?;
    let store = ctx.store.as_ref();
    let id = operations::next_id(store).await?;
    let value = format!("steward-{}", ctx.entropy.hex::<16>());
    let work = Work::TestDnsCredential { credential: credential.id, zone, value };
    let operation = Operation::new(id, credential.owner, work, STEPS, ctx.clock.now());
    store.write(entity::insert(&operation)?).await?;
    operations::send(ctx.queue.as_ref(), &operation).await;
    Ok(operation)
}

/// A record to try a credential with.
struct Trial {
    credential: DnsCredentialId,
    host: String,
    value: String,
}

/// Does the work of [`test`].
pub async fn try_out(ctx: &Context, id: OperationId) -> Result<Next> {
    let mut operation = match take(ctx, id, LEASE).await? {
        Leased::Ours(operation) => operation,
        Leased::Busy(left) => return Ok(Next::Again(left)),
        Leased::Over => return Ok(Next::Done),
    };
    let Work::TestDnsCredential { credential, zone, value } = &operation.value.work else {
        return Err(Error::Internal(format!("operation {id} tests no DNS credential")));
    };
    let trial = Trial { credential: *credential, host: format!("_steward-test.{zone}"), value: value.clone() };
    if let Some(reason) = operations::stopped(ctx, &operation.value, &[]).await? {
        return fail(ctx, operation, &reason).await;
    }
    loop {
        let Some(step) = operation.value.next_step().map(str::to_owned) else {
            operation.value.succeed(ctx.clock.now());
            operation.save(ctx.store.as_ref()).await?;
            return Ok(Next::Done);
        };
        let (done, patience) = match step.as_str() {
            "write" => {
                let (owner, values) = (operation.value.owner, std::slice::from_ref(&trial.value));
                let made = dns_records::publish(ctx, id, owner, trial.credential, &trial.host, values).await;
                (made, WRITTEN_WITHIN)
            }
            "read" => (look(ctx, &trial).await, SHOWN_WITHIN),
            _ => (dns_records::clear_all(ctx, id, id).await, WRITTEN_WITHIN),
        };
        let now = ctx.clock.now();
        match done {
            Ok(()) => operation.value.complete(&step, now),
            Err(PublishError::Fault(error)) => return Err(error),
            Err(PublishError::Refused(reason)) => return fail(ctx, operation, &reason).await,
            Err(PublishError::Later { reason, retry_after }) => {
                let row = operation.value.steps.iter().find(|row| row.name == step);
                let began = row.and_then(|row| row.started_at).unwrap_or(now);
                if now.duration_since(began) > patience {
                    return fail(ctx, operation, &reason).await;
                }
                let pause = retry_after.unwrap_or(LOOK);
                operation.value.pause(pause, Some(reason), now);
                operation.save(ctx.store.as_ref()).await?;
                return Ok(Next::Again(pause));
            }
        }
        operation.save(ctx.store.as_ref()).await?;
    }
}

/// Looks whether every name server of the zone that answers has the value.
async fn look(ctx: &Context, trial: &Trial) -> std::result::Result<(), PublishError> {
    let later = |reason: String| PublishError::Later { reason, retry_after: None };
    let answers = match ctx.dns.txt(&trial.host).await {
        Ok(answers) => answers,
        Err(DnsError::NoZone(reason) | DnsError::Unavailable(reason)) => return Err(later(reason)),
    };
    let lacks = |answer: &&ServerAnswer| !answer.values.as_ref().is_ok_and(|values| values.contains(&trial.value));
    let (silent, lacking): (Vec<_>, Vec<_>) = answers.iter().filter(lacks).partition(|answer| answer.values.is_err());
    match lacking.first().or(silent.first().filter(|_| silent.len() == answers.len())) {
        None if answers.is_empty() => Err(later(format!("no name server could be asked for {}", trial.host))),
        None => Ok(()),
        Some(answer) => {
            let what = answer.values.as_ref().err().map_or("does not show it yet", String::as_str);
            Err(later(format!("the record {} was written; {} {what}", answer.name, answer.server)))
        }
    }
}

/// Ends the test, and leaves the removal of what it wrote to an operation of its own.
async fn fail(ctx: &Context, mut operation: Box<Stored<Operation>>, reason: &str) -> Result<Next> {
    let (store, now) = (ctx.store.as_ref(), ctx.clock.now());
    operation.value.fail(reason, now);
    let (id, owner) = (operation.value.id, operation.value.owner);
    let removal = dns_records::removal(operations::next_id(store).await?, owner, id, now);
    store.transact(vec![operation.update()?, entity::insert(&removal)?]).await?;
    operations::send(ctx.queue.as_ref(), &removal).await;
    Ok(Next::Done)
}
