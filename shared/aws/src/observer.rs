//! Who watches the calls.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut, BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;

/// Told of every call made to AWS, each attempt of it: for counting in tests and benches.
pub trait Observer: Send + Sync + fmt::Debug {
    /// A request is sent: `service` is `dynamodb`, `sqs`, `secretsmanager` or `scheduler`, `operation` e.g. `PutItem`.
    fn called(&self, service: &'static str, operation: &str);

    /// What a request asks of DynamoDB: its body. The secrets in it are sealed.
    fn asked(&self, _operation: &str, _body: &[u8]) {}

    /// Whether DynamoDB is to say what it charges, in the answers that [`Observer::answered`] gets.
    fn asks_capacity(&self) -> bool {
        false
    }

    /// An answer came. Its body is told where it is DynamoDB's, and empty elsewhere: it may be a secret.
    fn answered(&self, _service: &'static str, _operation: &str, _body: &[u8]) {}
}

/// What a request to DynamoDB starts with when it asks for the capacity that it uses.
const ASKING: &[u8] = br#"{"ReturnConsumedCapacity":"INDEXES","#;

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
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.observer.called(self.service, operation(config));
        if let Some(body) = context.request().body().bytes().filter(|_| self.service == "dynamodb") {
            self.observer.asked(operation(config), body);
        }
        Ok(())
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let body = request.body().bytes().and_then(|body| body.strip_prefix(b"{"));
        if let Some(rest) = body.filter(|_| self.service == "dynamodb" && self.observer.asks_capacity()) {
            let asking = [ASKING, rest].concat();
            request.headers_mut().insert("content-length", asking.len().to_string());
            *request.body_mut() = SdkBody::from(asking);
        }
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().body().bytes().filter(|_| self.service == "dynamodb");
        self.observer.answered(self.service, operation(config), body.unwrap_or_default());
        Ok(())
    }
}

fn operation(config: &ConfigBag) -> &str {
    config.load::<Metadata>().map_or("?", Metadata::name)
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
