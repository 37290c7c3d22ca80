//! The domain's ports in one process and one directory: entities, jobs, secrets and schedules in a DynamoDB engine
//! embedded in the process.

mod engine;
mod found;
mod key_file;
mod open;
mod queue;
mod scheduler;
mod schema;
mod store;
mod values;
mod writes;

pub use open::{Embedded, OpenError};
pub use queue::EmbeddedQueue;
pub use scheduler::EmbeddedScheduler;
pub use store::EmbeddedStore;
