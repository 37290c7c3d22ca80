//! One command on one channel (RFC 4254 §6.5, §6.10).

use std::time::Duration;

use domain::ports::{Command, CommandOutput, RemoteError};
use russh::client::{Handle, Handler, Msg};
use russh::{Channel, ChannelMsg, ChannelReadHalf};
use secrecy::ExposeSecret;
use tokio::time::{Instant, timeout_at};

use crate::fault::dropped;
use crate::frame::{Answer, Frame};
use crate::no_shell::no_shell;

/// How much is kept of what a command prints.
const STDOUT_MAX: usize = 256 * 1024;
/// How much is kept of what it complains of.
const STDERR_MAX: usize = 64 * 1024;
/// How long the rest of an answer may take after the exit status: a child that was left behind may hold the streams open
/// for ever.
const REST: Duration = Duration::from_secs(2);

/// Runs a command, on the channel that is open or on a new one, and waits for its end.
pub(crate) async fn run<H: Handler>(
    handle: &Handle<H>,
    open: Option<Channel<Msg>>,
    command: Command,
    nonce: String,
) -> Result<CommandOutput, RemoteError> {
    let frame = Frame::new(nonce);
    let input = frame.input(&command)?;
    let channel = match open {
        Some(channel) => channel,
        None => handle.channel_open_session().await.map_err(|error| dropped(&error))?,
    };
    channel.exec(true, frame.line()).await.map_err(|error| dropped(&error))?;
    let (mut from, to) = channel.split();
    let (mut stdout, mut stderr) = (frame.answer(STDOUT_MAX), frame.answer(STDERR_MAX));
    let send = async {
        to.data_bytes(input.expose_secret().as_bytes().to_vec()).await?;
        to.eof().await
    };
    // What answers in place of a shell may end before it has read this; and sending waits for the server to make room,
    // which it never does when the connection breaks: that is only heard.
    let (mut sent, mut sending) = (Ok(()), true);
    let exit = {
        let listening = listen(&mut from, &mut stdout, &mut stderr);
        tokio::pin!(send, listening);
        loop {
            tokio::select! {
                exit = &mut listening => break exit?,
                result = &mut send, if sending => (sent, sending) = (result, false),
            }
        }
    };
    // Best effort: the connection may be gone.
    let _ = to.close().await;

    if let Some(status) = stdout.status() {
        return Ok(CommandOutput { status, stdout: stdout.text(), stderr: stderr.text() });
    }
    match (exit, sent) {
        (Some(Exit::Status(status)), _) if !stdout.has_begun() && !stderr.has_begun() => {
            Err(no_shell(status, &stdout.greeting(), &stderr.greeting()))
        }
        (Some(Exit::Status(_)), _) => Err(RemoteError::Dropped("the answer of a command broke off".into())),
        (Some(Exit::Signal(name)), _) => Err(RemoteError::Dropped(format!("{name} ended the shell"))),
        (None, Err(error)) => Err(dropped(&error)),
        (None, Ok(())) => Err(RemoteError::Dropped("while a command ran".into())),
    }
}

/// How the login shell ended.
enum Exit {
    Status(u32),
    Signal(String),
}

/// Listens until the answer is whole, the channel is closed, or the shell has ended and nothing more comes.
async fn listen(
    channel: &mut ChannelReadHalf,
    stdout: &mut Answer,
    stderr: &mut Answer,
) -> Result<Option<Exit>, RemoteError> {
    let (mut exit, mut until) = (None, None);
    loop {
        if stdout.status().is_some() && stderr.status().is_some() {
            return Ok(exit);
        }
        let message = match until {
            None => channel.wait().await,
            Some(until) => timeout_at(until, channel.wait()).await.ok().flatten(),
        };
        match message {
            None => return Ok(exit),
            Some(ChannelMsg::Data { data }) => stdout.push(&data),
            Some(ChannelMsg::ExtendedData { data, ext: 1 }) => stderr.push(&data),
            Some(ChannelMsg::ExitStatus { exit_status }) => exit = Some(Exit::Status(exit_status)),
            Some(ChannelMsg::ExitSignal { signal_name, .. }) => exit = Some(Exit::Signal(format!("{signal_name:?}"))),
            Some(ChannelMsg::Failure) => {
                return Err(RemoteError::NoShell("the server lets this user run no commands".into()));
            }
            Some(_) => {}
        }
        if until.is_none() && (exit.is_some() || stdout.status().is_some()) {
            until = Some(Instant::now() + REST);
        }
    }
}
