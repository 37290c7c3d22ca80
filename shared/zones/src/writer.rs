use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use dial::Dialler;
use dns_update::{DnsRecord, DnsRecordType, DnsUpdater};
use domain::dns_credentials::{Writes, provider};
use domain::ports::{DnsAccess, DnsWriteError, DnsWriter, TxtChange};
use domain::targets::TargetPolicy;

use crate::fields::Fields;
use crate::{fault, providers, reach};

/// How long caches may keep a record of a challenge, in seconds; a provider with a higher minimum takes that.
const TTL: u32 = 60;

/// Longer than a provider takes; shorter than a name is kept from others.
const WITHIN: Duration = Duration::from_secs(30);

/// Every provider that `dns-update` knows.
#[derive(Clone, Debug)]
pub struct Zones {
    dialler: Dialler,
}

impl Zones {
    /// A writer that connects to hosts which somebody named as far as the policy permits.
    pub fn new(policy: TargetPolicy) -> Self {
        Self { dialler: Dialler::new(Arc::new(policy)) }
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
            let written = if whole { set(&updater, change).await } else { beside(&updater, change).await };
            written.map_err(|error| fault::sort(&error, &fields, change))
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
