//! Real peers on free ports of 127.0.0.1. Each test starts its own; they end with it, however it ends.
//!
//! ```no_run
//! # async fn doc() {
//! use system_tests::{need, peers::{Pebble, PebbleOptions}};
//!
//! need!("pebble", "pebble-challtestsrv");
//! let pebble = Pebble::start(PebbleOptions { nonce_reject: 20, ..Default::default() }).await;
//! pebble.challtestsrv().set_txt("_acme-challenge.a.example", "value").await;
//! # }
//! ```

mod apache;
mod aws_gate;
mod bind;
mod cargo_lambda;
mod certificate;
mod challtestsrv;
mod cutter;
mod deaf;
mod flood;
mod gate;
mod hostile;
mod machine;
mod ministack;
mod need;
mod nginx;
mod pebble;
mod port;
mod process;
mod resolver;
mod smtp_sink;
mod sshd;
mod tls_server;
mod visitor;
mod webhook_sink;

pub use apache::Apache;
pub use aws_gate::{AwsCall, AwsGate, Verdict};
pub use bind::{Bind, TsigKey};
pub use cargo_lambda::CargoLambda;
pub use certificate::{Authority, ServerCertificate};
pub use challtestsrv::ChallTestSrv;
pub use cutter::Cutter;
pub use deaf::Deaf;
pub use flood::{Flood, FloodServer};
pub use gate::Gate;
pub use hostile::{Hostile, Manner};
pub use machine::Machine;
pub use ministack::Ministack;
pub use need::{available, find, skip};
pub use nginx::Nginx;
pub use pebble::{EAB_KEY, EAB_KID, Pebble, PebbleOptions};
pub use port::Port;
pub use process::Process;
pub use resolver::{Question, Resolver};
pub use smtp_sink::{SinkMessage, SinkTls, SmtpSink, SmtpSinkOptions};
pub use sshd::{Sshd, make_key};
pub use tls_server::{Chain, TlsServer};
pub use visitor::Visitor;
pub use webhook_sink::{Hooked, Reaction, WebhookSink};
