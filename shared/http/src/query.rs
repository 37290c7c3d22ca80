//! The query string of a request.

use std::borrow::Cow;

use domain::Error;

use crate::area::Route;

/// The parameters of a query; those that begin with `_` only keep caches away.
fn pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    url::form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| !name.starts_with('_'))
}

/// The query as its route is to read it.
pub(crate) fn without_cache_busters(query: &str) -> Cow<'_, str> {
    if url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name.starts_with('_')) {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs(query)).finish().into()
    } else {
        query.into()
    }
}

/// Refuses a parameter that the route does not know.
pub(crate) fn check(query: &str, route: &Route) -> Result<(), Error> {
    let unknown = |name: &str| !route.parameters.iter().any(|known| known == name);
    let Some((name, _)) = pairs(query).find(|(name, _)| unknown(name)) else { return Ok(()) };
    let known = match route.parameters.as_slice() {
        [] => "this route has none".to_owned(),
        names => format!("known: {}", names.join(", ")),
    };
    let name: String = name.chars().take(100).collect();
    Err(Error::invalid(name, format!("is not a parameter here; {known}")))
}
