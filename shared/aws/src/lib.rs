//! The domain's ports on AWS: DynamoDB, SQS, Secrets Manager and EventBridge Scheduler.

mod connection;
mod deployment;
mod expression;
mod fault;
mod http;
mod observer;
mod queue;
mod roots;
mod scheduler;
mod schedules;
mod settings;
mod store;
mod values;
mod vault_key;
mod writes;

pub use deployment::{Aws, SetupError, tables};
pub use observer::Observer;
pub use queue::AwsQueue;
pub use scheduler::AwsScheduler;
pub use settings::{Credentials, Settings, SettingsError, queue_variable};
pub use store::AwsStore;
