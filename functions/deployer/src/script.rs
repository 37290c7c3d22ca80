//! What is run on a server. Scripts are of the POSIX shell, and safe to run again; `mv -T` is GNU's and busybox's.

use domain::ports::Command;
use domain::servers::COMMAND;

const HEAD: &str = include_str!("scripts/head.sh");
const TAKE_OVER: &str = include_str!("scripts/take_over.sh");

pub(crate) const UPLOAD: &str = include_str!("scripts/upload.sh");
pub(crate) const BACKUP: &str = include_str!("scripts/backup.sh");
pub(crate) const SWAP: &str = include_str!("scripts/swap.sh");
pub(crate) const PUT_BACK: &str = include_str!("scripts/put_back.sh");
pub(crate) const RELINK: &str = include_str!("scripts/relink.sh");
pub(crate) const FINISH: &str = include_str!("scripts/finish.sh");
pub(crate) const ON_DISK: &str = include_str!("scripts/on_disk.sh");
pub(crate) const INSPECT: &str = include_str!("scripts/inspect.sh");
pub(crate) const STANDS: &str = include_str!("scripts/stands.sh");
pub(crate) const IDENTIFY: &str = include_str!("scripts/identify.sh");

/// One of the scripts above, with its arguments; those that change something are [`fenced`].
pub(crate) fn script<const N: usize>(text: &str, arguments: [&str; N]) -> Command {
    Command::new(format!("{HEAD}{text}"), COMMAND).with(arguments)
}

/// Takes a directory over for the connection that this fence stands for: whatever an earlier one has still running
/// there ends before, or does nothing more.
pub(crate) fn take_over(directory: &str, fence: &str) -> Command {
    script(TAKE_OVER, [directory, fence])
}

/// A script, for the connection that this fence stands for.
pub(crate) fn fenced(script: Command, fence: &str) -> Command {
    Command { script: format!("fence={fence}\n{}", script.script), ..script }
}

/// A command of the server's owner.
pub(crate) fn command(text: &str) -> Command {
    Command::new(format!("{HEAD}{text}"), COMMAND)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;
    use std::path::Path;
    use std::process::{Child, Stdio};

    use tempfile::TempDir;

    use super::*;

    /// Starts a script as a server does; its input stays open.
    fn start(command: &Command) -> Child {
        std::process::Command::new("sh")
            .args(["-c", &command.script, "sh"])
            .args(&command.arguments)
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Its status and what it complained of.
    fn end(child: Child) -> (i32, String) {
        let output = child.wait_with_output().unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }

    fn run(command: &Command) -> (i32, String) {
        end(start(command))
    }

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    const OVERTAKEN: &str = "a later connection is at work";

    #[test]
    fn what_a_dropped_connection_left_running_removes_nothing_of_the_next() {
        let place = TempDir::new().unwrap();
        let directory = place.path().to_str().unwrap();
        let late = fenced(script(FINISH, [directory, "1-aaaaaaaaaaaa", ""]), "one");
        assert_eq!(run(&take_over(directory, "one")).0, 0);
        assert_eq!(run(&take_over(directory, "two")).0, 0);
        fs::create_dir_all(place.path().join("versions/2-bbbbbbbbbbbb")).unwrap();
        let (status, said) = run(&late);
        assert!(status == 75 && said.contains(OVERTAKEN), "{status} {said}");
        assert_eq!(names(&place.path().join("versions")), ["2-bbbbbbbbbbbb"]);
        assert_eq!(run(&fenced(script(FINISH, [directory, "1-aaaaaaaaaaaa", ""]), "two")).0, 0);
        assert!(names(&place.path().join("versions")).is_empty());
    }

    #[test]
    fn an_upload_whose_connection_hangs_holds_nobody_up_and_leaves_no_key() {
        let place = TempDir::new().unwrap();
        let directory = place.path().to_str().unwrap();
        assert_eq!(run(&take_over(directory, "one")).0, 0);
        let mut hanging =
            start(&fenced(script(UPLOAD, [directory, "1-aaaaaaaaaaaa", "chain", "6", "", "", ""]), "one"));
        let mut input = hanging.stdin.take().unwrap();
        input.write_all(b"sec").unwrap();

        assert_eq!(run(&take_over(directory, "two")).0, 0);
        let mut again = start(&fenced(script(UPLOAD, [directory, "1-aaaaaaaaaaaa", "chain", "6", "", "", ""]), "two"));
        again.stdin.take().unwrap().write_all(b"secret").unwrap();
        assert_eq!(end(again), (0, String::new()));

        input.write_all(b"ret").unwrap();
        drop(input);
        let (status, said) = end(hanging);
        assert!(status == 75 && said.contains(OVERTAKEN), "{status} {said}");
        let version = place.path().join("versions/1-aaaaaaaaaaaa");
        assert_eq!(names(&version), ["fullchain.pem", "privkey.pem"]);
        assert_eq!(fs::read_to_string(version.join("privkey.pem")).unwrap(), "secret");
    }

    #[test]
    fn a_script_waits_for_the_one_before_it() {
        let place = TempDir::new().unwrap();
        let directory = place.path().to_str().unwrap();
        assert_eq!(run(&take_over(directory, "one")).0, 0);
        let marks = place.path().join("marks");
        let slow = format!("guard \"$1\"; echo in >>{0}; sleep 0.3; echo out >>{0}", marks.display());
        let slow = fenced(script(&slow, [directory]), "one");
        let (first, second) = (start(&slow), start(&slow));
        assert_eq!((end(first).0, end(second).0), (0, 0));
        assert_eq!(fs::read_to_string(marks).unwrap(), "in\nout\nin\nout\n");
    }
}
