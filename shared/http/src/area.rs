use std::collections::HashMap;

use axum::Router;
use axum::http::Method;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, Paths};
use utoipa::openapi::security::SecurityRequirement;
use utoipa_axum::router::OpenApiRouter;

use crate::App;

/// An area's routes, with what its OpenAPI document says of each.
#[derive(Clone, Debug, Default)]
pub struct Area {
    pub(crate) routes: Router<App>,
    pub(crate) known: Known,
}

impl Area {
    /// Adds routes that no document describes: they are public, and take no parameter.
    #[must_use]
    pub fn merge(self, routes: Router<App>) -> Self {
        Self { routes: self.routes.merge(routes), ..self }
    }
}

impl From<OpenApiRouter<App>> for Area {
    fn from(router: OpenApiRouter<App>) -> Self {
        let (routes, api) = router.split_for_parts();
        Self { routes, known: Known::of(api.paths) }
    }
}

/// What the requests of a route may hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Route {
    /// Whether it answers callers without credentials.
    pub public: bool,
    /// The names of its query parameters.
    pub parameters: Vec<String>,
}

/// What no document describes is public, and takes no parameter.
static UNDOCUMENTED: Route = Route { public: true, parameters: Vec::new() };

/// The routes of the document, by path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known(HashMap<String, Vec<(Method, Route)>>);

impl Known {
    fn of(paths: Paths) -> Self {
        Self(
            paths
                .paths
                .into_iter()
                .map(|(path, item)| {
                    let operations = [
                        (Method::GET, item.get),
                        (Method::POST, item.post),
                        (Method::PUT, item.put),
                        (Method::PATCH, item.patch),
                        (Method::DELETE, item.delete),
                    ];
                    let routes =
                        operations.into_iter().filter_map(|(method, operation)| Some((method, route(operation?))));
                    (path, routes.collect())
                })
                .collect(),
        )
    }

    /// The route that answers this method at this path of the router; `None` when the path has no such method.
    pub fn route(&self, method: &Method, path: &str) -> Option<&Route> {
        // axum answers HEAD where it answers GET.
        let method = if method == Method::HEAD { &Method::GET } else { method };
        match self.0.get(path) {
            Some(routes) => routes.iter().find(|(known, _)| known == method).map(|(_, route)| route),
            None => Some(&UNDOCUMENTED),
        }
    }
}

fn route(operation: Operation) -> Route {
    let of_query = |parameter| match parameter {
        RefOr::T(parameter) => Some(parameter).filter(|it: &Parameter| it.parameter_in == ParameterIn::Query),
        RefOr::Ref(_) => None,
    };
    let parameters = operation.parameters.unwrap_or_default().into_iter().filter_map(of_query);
    let public = operation.security.unwrap_or_default().contains(&SecurityRequirement::default());
    Route { public, parameters: parameters.map(|parameter| parameter.name).collect() }
}
