//! Who watches the calls.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// Told of every call made to AWS, each attempt of it: for counting in tests and benches.
pub trait Observer: Send + Sync + fmt::Debug {
    /// A request is sent: `service` is `dynamodb`, `sqs`, `secretsmanager` or `scheduler`, `operation` e.g. `PutItem`.
    fn called(&self, service: &'static str, operation: &str);
}

/// Tells an observer of the calls to one service.
#[derive(Debug)]
pub(crate) struct Telling {
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) service: &'static str,
}

#[dyn_dispatch_hint]
impl Intercept for Telling {
    fn name(&self) -> &'static str {
        "Telling"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.observer.called(self.service, config.load::<Metadata>().map_or("?", Metadata::name));
        Ok(())
    }
}

/// Counts the attempts of one call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attempts(Arc<AtomicU32>);

impl Attempts {
    /// Whether the request was sent more than once, so that an earlier one may have done its work unheard.
    pub(crate) fn several(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 1
    }
}

#[dyn_dispatch_hint]
impl Intercept for Attempts {
    fn name(&self) -> &'static str {
        "Attempts"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}
