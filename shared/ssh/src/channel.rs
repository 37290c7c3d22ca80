//! One command on one channel (RFC 4254 §6.5, §6.10).

use domain::ports::{Command, CommandOutput, RemoteError};
use russh::ChannelMsg;
use russh::client::{Handle, Handler};
use secrecy::ExposeSecret;

use crate::fault::dropped;

/// How much is kept of what a command prints.
const STDOUT_MAX: usize = 256 * 1024;
/// How much is kept of what it complains of.
const STDERR_MAX: usize = 64 * 1024;
/// What a shell says of a program that a signal ended, at the least.
const BY_SIGNAL: u32 = 128;

pub(crate) async fn run<H: Handler>(handle: &Handle<H>, command: Command) -> Result<CommandOutput, RemoteError> {
    let words = ["sh", "-c", command.script.as_str(), "steward"];
    let words = words.into_iter().chain(command.arguments.iter().map(String::as_str));
    let line = shlex::try_join(words).map_err(|_| RemoteError::Invalid("a command has a NUL in it".into()))?;

    let mut channel = handle.channel_open_session().await.map_err(|error| dropped(&error))?;
    channel.exec(true, line).await.map_err(|error| dropped(&error))?;
    if let Some(input) = &command.input {
        channel.data_bytes(input.expose_secret().as_bytes().to_vec()).await.map_err(|error| dropped(&error))?;
    }
    channel.eof().await.map_err(|error| dropped(&error))?;

    let (mut stdout, mut stderr, mut status) = (Vec::new(), Vec::new(), None);
    while let Some(message) = channel.wait().await {
        match message {
            ChannelMsg::Data { data } => keep(&mut stdout, &data, STDOUT_MAX),
            ChannelMsg::ExtendedData { data, ext: 1 } => keep(&mut stderr, &data, STDERR_MAX),
            ChannelMsg::ExitStatus { exit_status } => status = Some(exit_status),
            ChannelMsg::ExitSignal { signal_name, error_message, .. } => {
                status = Some(BY_SIGNAL);
                let ended = format!("ended by signal {signal_name:?} {error_message}");
                keep(&mut stderr, ended.as_bytes(), STDERR_MAX);
            }
            ChannelMsg::Failure => {
                return Err(RemoteError::LoginRefused("the server lets this user run no commands".into()));
            }
            _ => {}
        }
    }
    let status = status.ok_or_else(|| RemoteError::Dropped("while a command ran".into()))?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok(CommandOutput { status, stdout: text(stdout), stderr: text(stderr) })
}

fn keep(kept: &mut Vec<u8>, more: &[u8], max: usize) {
    let room = max.saturating_sub(kept.len()).min(more.len());
    kept.extend_from_slice(more.get(..room).unwrap_or_default());
}
