use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// How document 002 says that something worked.
#[derive(Serialize, ToSchema)]
pub struct Envelope<T> {
    /// Always 0.
    code: u16,
    /// Always `success`.
    message: &'static str,
    data: Items<T>,
}

/// One page of items; a single thing is a page of one.
#[derive(Serialize, ToSchema)]
pub struct Items<T> {
    items: Vec<T>,
    /// On all pages.
    total: u64,
    page: u32,
    #[serde(rename = "pageSize")]
    page_size: u32,
}

/// A single thing.
pub fn one<T>(item: T) -> Json<Envelope<T>> {
    page(vec![item], 1, 1, 1)
}

/// A page of things.
pub fn page<T>(items: Vec<T>, total: u64, page: u32, page_size: u32) -> Json<Envelope<T>> {
    Json(Envelope { code: 0, message: "success", data: Items { items, total, page, page_size } })
}
