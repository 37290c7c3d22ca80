//! rental
