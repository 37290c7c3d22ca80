//! The `Store` port in DynamoDB's words, whichever library speaks them: attribute values, keys and expressions.

mod batch;
mod expressions;
mod keys;
mod values;

pub use batch::{collect, distinct};
pub use expressions::{Addition, Condition, Reading, addition, reading};
pub use keys::{from_token, key_attributes, key_of, to_token};
pub use values::{Attributes, Dialect, Shape, from_attributes, to_attributes};
