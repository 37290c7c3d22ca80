//! Connections to hosts that somebody named through the API: only to addresses that the policy permits, decided when
//! the connection is made (DESIGN §6).

mod https;
mod resolver;
mod retry_after;
mod tcp;
pub mod words;

pub use https::{Https, HttpsError, roots};
pub use resolver::{GuardedResolver, Refusal};
pub use retry_after::{LONGEST_WAIT, retry_after};
pub use tcp::{DialError, Dialler};
