//! steward-http
