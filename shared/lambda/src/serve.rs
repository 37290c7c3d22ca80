use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::extract::ConnectInfo;
use domain::Context;
use lambda_http::request::RequestContext;
use lambda_http::tower::{ServiceExt, service_fn};
use lambda_http::{Request, RequestExt};
use lambda_runtime::Error;
use steward_http::{App, Area};

use crate::{Outside, parts};

/// The longest a request may take: the function is ended after 29 seconds, and its caller would not hear why.
const LONGEST: Duration = Duration::from_secs(26);

/// Answers API Gateway with an area's routes, on the ports that `equip` adds, until Lambda ends the process.
pub async fn serve(area: Area, equip: impl FnOnce(Context, &Outside) -> Result<Context, Error>) -> Result<(), Error> {
    let app = App::new(parts::open(equip)?);
    // What the first request needs anyway is fetched while Lambda still starts the function.
    if let Err(error) = app.tokens.warm(&app.ctx).await {
        tracing::warn!(%error, "the signing key could not be read ahead; the first request will try again");
    }
    let router = steward_http::finish(area, app, LONGEST);
    lambda_http::run(service_fn(move |request: Request| router.clone().oneshot(from_gateway(request)))).await
}

/// Says where the request came from as a connection would: by the address that API Gateway saw.
fn from_gateway(mut request: Request) -> Request {
    let source = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_deref().map(str::parse::<IpAddr>),
        _ => None,
    };
    if let Some(Ok(address)) = source {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(address, 0)));
    }
    request
}
