//! Messages to chat groups and webhooks, over HTTP.

mod answer;
mod messenger;
#[cfg(test)]
mod properties;
mod request;
mod sign;

pub use messenger::HttpMessenger;
pub use sign::{dingtalk, feishu, webhook};
