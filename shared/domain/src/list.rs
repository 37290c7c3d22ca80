//! Pages of a listing: an index names the rows, one call reads them together with their total.

use crate::entity::{self, Entity, Stored};
use crate::ports::{KeyValue, Query, Store};
use crate::{Error, Result, counter};

/// The most rows a page may have: with the total, one call reads them all.
pub const PER_PAGE_MAX: u32 = 50;

/// The last page there can be.
pub const PAGE_MAX: u32 = u32::MAX;

/// The most characters of a search.
pub const SEARCH_MAX: usize = 100;

/// How many rows a page has unless another number is given.
pub const PER_PAGE_DEFAULT: i64 = 20;

/// Checks a number that a caller gave: from 1 to `max`.
pub fn in_range(field: &str, number: i64, max: u32) -> Result<u32> {
    let fits = u32::try_from(number).ok().filter(|number| (1..=max).contains(number));
    fits.ok_or_else(|| Error::invalid(field, format!("must be from 1 to {max}")))
}

/// Which page of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// From 1.
    pub page: u32,
    /// From 1 to [`PER_PAGE_MAX`].
    pub per_page: u32,
    /// Only rows whose search text contains this, without regard to case.
    pub search: Option<String>,
}

impl PageRequest {
    /// Checks what a caller asked for; `per_page_field` is what the face calls the size of a page.
    pub fn new(page: Option<i64>, per_page: Option<i64>, search: Option<String>, per_page_field: &str) -> Result<Self> {
        let page = in_range("page", page.unwrap_or(1), PAGE_MAX)?;
        let per_page = in_range(per_page_field, per_page.unwrap_or(PER_PAGE_DEFAULT), PER_PAGE_MAX)?;
        let search = search.map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty());
        if search.as_ref().is_some_and(|text| text.chars().count() > SEARCH_MAX) {
            return Err(Error::invalid("search", format!("must be at most {SEARCH_MAX} characters long")));
        }
        Ok(Self { page, per_page, search })
    }

    fn skip(&self) -> usize {
        (self.page as usize - 1).saturating_mul(self.per_page as usize)
    }
}

/// A page of rows, and how many there are on all pages.
#[derive(Clone, Debug)]
pub struct Listing<T> {
    /// The rows of this page.
    pub rows: Vec<T>,
    /// The rows of all pages.
    pub total: u64,
}

/// Reads a page, newest first, of the rows that `index` holds under `partition`. Their table's key is the number
/// `id`, their search text is `search`, and `total` is their counter.
pub async fn page<T: Entity>(
    store: &dyn Store,
    index: &'static str,
    partition: KeyValue,
    total: &str,
    request: &PageRequest,
) -> Result<Listing<T>> {
    let mut query = Query::of(T::TABLE, partition);
    query.index = Some(index);
    query.descending = true;
    query.contains = request.search.clone().map(|text| ("search", text));
    let ids = ids(store, query, request).await?;

    let matches = ids.len() as u64;
    let of_page = ids.into_iter().skip(request.skip()).take(request.per_page as usize);
    let mut keys: Vec<_> = of_page.map(|id| (T::TABLE, crate::ports::Key::of(id))).collect();
    keys.push((&counter::COUNTERS, counter::key(total)));
    let mut items = store.get_many(keys).await?;
    let counted = items.pop().flatten();
    let rows = items.into_iter().flatten().map(|item| Ok(entity::from_item::<T>(item)?.value));
    Ok(Listing {
        rows: rows.collect::<Result<_>>()?,
        total: if request.search.is_some() { matches } else { counter::value(counted.as_ref()) },
    })
}

/// The ids up to the end of the page; with a search, all that match, because their number is the total.
async fn ids(store: &dyn Store, mut query: Query, request: &PageRequest) -> Result<Vec<i64>> {
    let end = request.skip().saturating_add(request.per_page as usize);
    let mut ids = Vec::new();
    loop {
        if request.search.is_none() {
            query.limit = Some(u32::try_from(end - ids.len()).unwrap_or(u32::MAX));
        }
        let page = store.query(query.clone()).await?;
        for item in &page.items {
            let id = item.get("id").and_then(serde_json::Value::as_i64);
            ids.push(id.ok_or_else(|| Error::Internal("an index entry has no id".into()))?);
        }
        match page.next {
            Some(next) if request.search.is_some() || ids.len() < end => query.after = Some(next),
            _ => return Ok(ids),
        }
    }
}

/// The ids of every row that `index` holds under `partition`, for work that goes over all of them.
pub async fn ids_of<T: Entity>(store: &dyn Store, index: &'static str, partition: KeyValue) -> Result<Vec<i64>> {
    let mut query = Query::of(T::TABLE, partition);
    query.index = Some(index);
    ids(store, query, &PageRequest { page: 1, per_page: u32::MAX, search: None }).await
}

/// The rows with these ids, at most 100, as far as they are still there.
pub async fn rows<T: Entity>(store: &dyn Store, ids: &[i64]) -> Result<Vec<Stored<T>>> {
    let keys = ids.iter().map(|id| (T::TABLE, crate::ports::Key::of(*id))).collect();
    store.get_many(keys).await?.into_iter().flatten().map(entity::from_item).collect()
}
