use domain::ports::RemoteError;

/// The longest that is quoted of what a server said instead of an answer, in characters.
const QUOTED: usize = 200;
/// What a shell says of a program that is not there (POSIX 2.8.2).
const NOT_FOUND: u32 = 127;
/// What OpenSSH's sftp-server ends with when it is sent something else than SFTP.
const BAD_MESSAGE: u32 = 11;

/// What most likely answers in place of a shell, and what to do about it.
pub(crate) fn no_shell(status: u32, stdout: &str, stderr: &str) -> RemoteError {
    let said = [stdout, stderr].map(quote).into_iter().find(|said| !said.is_empty());
    let likely = match (status, &said) {
        (BAD_MESSAGE, _) => {
            "its account is for SFTP only (internal-sftp); take the ForceCommand off for it, or name another user"
        }
        (_, Some(said)) if said.contains("not available") || said.contains("nologin") => {
            "its login shell is nologin; give it a shell there (chsh -s /bin/sh), or name another user"
        }
        (NOT_FOUND, _) => "its login shell does not find sh; it needs a POSIX shell",
        (0, _) => {
            "a forced command answers in its place; take command=\"…\" off the key's line in authorized_keys, or \
             ForceCommand out of sshd_config"
        }
        _ => {
            "a forced command, a login shell such as nologin or internal-sftp, or a login file (.bashrc, .cshrc) that \
             ends the shell is likely; let the user run a POSIX shell, or name another user"
        }
    };
    let said = said.map_or_else(|| "and nothing else".to_owned(), |said| format!("saying {said:?}"));
    RemoteError::NoShell(format!(
        "the server lets the user in, and does not run what Steward asks for: exit status {status}, {said}; {likely}"
    ))
}

/// The beginning of what was said, as one line of plain characters.
fn quote(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().filter(|c| !c.is_control()).take(QUOTED).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_likely_is_said() {
        for (status, stdout, stderr, words) in [
            (0, "", "", "a forced command answers in its place"),
            (1, "This account is currently not available.\n", "", "its login shell is nologin"),
            (11, "", "a login file complains", "SFTP only"),
            (127, "", "bash: sh: command not found", "needs a POSIX shell"),
            (1, "go\u{7} away\n", "", "saying \"go away\"; a forced command, a login shell"),
        ] {
            let RemoteError::NoShell(said) = no_shell(status, stdout, stderr) else { panic!("another error") };
            assert!(said.contains(words), "{said}");
        }
    }
}
