//! Messages to chat groups and webhooks, over HTTP.

mod answer;
mod messenger;
mod request;
mod sign;

pub use messenger::HttpMessenger;
pub use sign::{dingtalk, feishu, webhook};
