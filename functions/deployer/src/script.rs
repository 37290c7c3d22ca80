//! What is run on a server. Scripts are of the POSIX shell, and safe to run again; `mv -T` is GNU's and busybox's.

use std::time::Duration;

use domain::ports::Command;

/// How long a script that handles files may take.
const FILES: Duration = Duration::from_secs(20);
/// How long a test of the configuration, or a reload, may take.
pub(crate) const COMMAND: Duration = Duration::from_secs(30);

/// Where programs of administrators are, which a login without a terminal may not have in its path.
const HEAD: &str = "PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin LC_ALL=C; export PATH LC_ALL\n";

pub(crate) const UPLOAD: &str = include_str!("scripts/upload.sh");
pub(crate) const BACKUP: &str = include_str!("scripts/backup.sh");
pub(crate) const SWAP: &str = include_str!("scripts/swap.sh");
pub(crate) const PUT_BACK: &str = include_str!("scripts/put_back.sh");
pub(crate) const RELINK: &str = include_str!("scripts/relink.sh");
pub(crate) const FINISH: &str = include_str!("scripts/finish.sh");
pub(crate) const INSPECT: &str = include_str!("scripts/inspect.sh");
pub(crate) const STANDS: &str = include_str!("scripts/stands.sh");
pub(crate) const IDENTIFY: &str = include_str!("scripts/identify.sh");

/// One of the scripts above, with its arguments.
pub(crate) fn script<const N: usize>(text: &str, arguments: [&str; N]) -> Command {
    Command::new(format!("{HEAD}{text}"), FILES).with(arguments)
}

/// A command of the server's owner.
pub(crate) fn command(text: &str) -> Command {
    Command::new(format!("{HEAD}{text}"), COMMAND)
}
