//! Runs an API area or a worker on AWS Lambda: what all the functions' `main.rs` share.

mod environment;
mod mailer;
mod outside;
mod parts;
mod serve;
mod work;

pub use environment::VARIABLES;
pub use lambda_runtime::Error;
pub use outside::Outside;
pub use serve::serve;
pub use work::{batch, work};

// An answer takes thousands of small allocations, a quarter of its instructions with the C library's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
