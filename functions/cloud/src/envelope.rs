use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

/// How document 004 says that something worked (004 §2.3).
#[derive(Serialize, ToSchema)]
pub struct Envelope<T> {
    /// Always true.
    success: bool,
    data: T,
    message: &'static str,
}

/// What was done, with its data.
pub fn done<T>(data: T, message: &'static str) -> Json<Envelope<T>> {
    Json(Envelope { success: true, data, message })
}
