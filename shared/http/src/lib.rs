//! What every API area shares: who calls, what they send, and how an error is said in each document's words.

mod app;
mod area;
mod body;
mod caller;
mod face;
mod fault;
mod mail_proof;
mod panics;
mod path;
mod query;
mod request_id;
pub mod schema;
mod seam;
mod source;
mod strangers;
mod time;
mod tokens;
mod trail;

pub use app::App;
pub use area::Area;
pub use body::{JsonBody, Object, Params};
pub use caller::{Caller, CallerAnd, Claim, MaybeCaller};
pub use face::Face;
pub use fault::{Answer, CloudErrorBody, CodeErrorBody, ErrorBody, Fault};
pub use mail_proof::MailProof;
pub use panics::keep_panic;
pub use path::IdPath;
pub use request_id::RequestId;
pub use seam::finish;
pub use source::Source;
pub use time::Time;
pub use tokens::Tokens;
