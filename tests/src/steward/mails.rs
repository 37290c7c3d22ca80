use std::fs;
use std::path::Path;

use super::Steward;

/// The mails in the data directory, oldest first.
pub fn mails(data: &Path) -> Vec<String> {
    let Ok(directory) = fs::read_dir(data.join("mail")) else { return Vec::new() };
    let mut files: Vec<_> = directory.map(|file| file.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read_to_string(file).unwrap()).collect()
}

/// Opens the link in the newest mail, as whoever reads it would.
pub async fn open_newest_link(steward: &Steward) {
    let path = link(mails(steward.data()).last().expect("a mail"), steward.url());
    steward.client().get(&path).await.ok();
}

/// The link to `url` in a mail, from the path on. A line as long as that is quoted-printable (RFC 2045 §6.7).
pub fn link(mail: &str, url: &str) -> String {
    let mail = mail.replace("=\r\n", "").replace("=3D", "=");
    let line = mail.lines().find_map(|line| line.strip_prefix(url)).unwrap_or_else(|| panic!("{url} in {mail}"));
    line.trim_end().to_owned()
}
