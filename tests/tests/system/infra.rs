//! What is deployed to AWS, against the code it is deployed for: `infra/template.yaml`, `events/`, and the router of
//! `cargo lambda watch`.

mod alarms;
mod emulator;
pub mod events;
mod limits;
mod permissions;
mod queues;
pub mod rights;
mod routes;
mod stop;
mod tables;
mod tools;
mod variables;

use std::collections::BTreeSet;
use std::fs;

use system_tests::template::root;

/// The packages under `functions/` that run on Lambda: all but the one that is everything in one process.
fn packages() -> BTreeSet<String> {
    let folders = fs::read_dir(root().join("functions")).unwrap();
    let names = folders.map(|folder| folder.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name != "standalone").collect()
}
