use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use dial::Dialler;
use dns_update::{DnsRecord, DnsRecordType, DnsUpdater};
use domain::dns_credentials::{Writes, provider};
use domain::ports::{DnsAccess, DnsWriteError, DnsWriter, TxtChange};
use domain::targets::TargetPolicy;
use provider_http::Transport;

use crate::fields::Fields;
use crate::{fault, providers, reach};

/// How long caches may keep a record of a challenge, in seconds; a provider with a higher minimum takes that.
const TTL: u32 = 60;

/// Longer than a provider takes; shorter than a name is kept from others.
const WITHIN: Duration = Duration::from_secs(30);

/// Every provider that `dns-update` knows.
#[derive(Clone, Debug)]
pub struct Zones {
    policy: Arc<TargetPolicy>,
    dialler: Dialler,
    /// Made when it is first needed: it reads the roots of this machine.
    transport: OnceLock<Transport>,
}

impl Zones {
    /// A writer that connects to hosts which somebody named as far as the policy permits.
    pub fn new(policy: TargetPolicy) -> Self {
        let policy = Arc::new(policy);
        Self { dialler: Dialler::new(policy.clone()), policy, transport: OnceLock::new() }
    }

    fn transport(&self) -> Result<&Transport, DnsWriteError> {
        if let Some(transport) = self.transport.get() {
            return Ok(transport);
        }
        let made = Transport::new(self.policy.clone())
            .map_err(|error| DnsWriteError::Later { reason: error.to_string(), retry_after: None })?;
        Ok(self.transport.get_or_init(|| made))
    }
}

#[async_trait]
impl DnsWriter for Zones {
    fn check(&self, access: &DnsAccess) -> Result<(), DnsWriteError> {
        let fields = Fields::of(access);
        reach::check(&fields)?;
        providers::updater(&access.provider, &fields, reach::EXAMPLE).map(|_| ())
    }

    async fn write(&self, access: &DnsAccess, change: &TxtChange) -> Result<(), DnsWriteError> {
        let fields = Fields::of(access);
        let work = async {
            let server = reach::reach(&self.dialler, &fields).await?;
            let updater = providers::updater(&access.provider, &fields, server)?;
            let whole = provider(&access.provider).is_some_and(|provider| provider.writes == Writes::Whole);
            let written = async { if whole { set(&updater, change).await } else { beside(&updater, change).await } };
            let (written, seen) = self.transport()?.within(written).await;
            written.map_err(|error| fault::sort(&error, &seen, &fields, change))
        };
        let late = |_| DnsWriteError::Later {
            reason: format!("the DNS provider did not answer within {} s", WITHIN.as_secs()),
            retry_after: None,
        };
        tokio::time::timeout(WITHIN, work).await.map_err(late)?
    }
}

async fn beside(updater: &DnsUpdater, change: &TxtChange) -> dns_update::Result<()> {
    let (host, zone) = (change.host.as_str(), change.zone.as_str());
    if !change.add.is_empty() {
        updater.add_to_rrset(host, DnsRecordType::TXT, TTL, records(&change.add), zone).await?;
    }
    if !change.remove.is_empty() {
        match updater.remove_from_rrset(host, DnsRecordType::TXT, records(&change.remove), zone).await {
            // Some say so of a record that is gone already.
            Err(dns_update::Error::NotFound) if change.add.is_empty() => {
                tracing::debug!(host, "the DNS provider has no such record to remove");
            }
            other => other?,
        }
    }
    Ok(())
}

async fn set(updater: &DnsUpdater, change: &TxtChange) -> dns_update::Result<()> {
    updater
        .set_rrset(change.host.as_str(), DnsRecordType::TXT, TTL, records(&change.wanted), change.zone.as_str())
        .await
}

fn records(values: &[String]) -> Vec<DnsRecord> {
    values.iter().cloned().map(DnsRecord::TXT).collect()
}
