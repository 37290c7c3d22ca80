//! The domain's ports on AWS: DynamoDB, SQS, Secrets Manager and EventBridge Scheduler.

mod settings;

pub use settings::{Credentials, Settings, SettingsError, queue_variable};
