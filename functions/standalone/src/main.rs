//! `steward`: every API area and worker in one process, with everything it knows in one directory.

use std::process::ExitCode;

use clap::Parser;
use steward::Config;

#[tokio::main]
async fn main() -> ExitCode {
    let config = Config::parse();
    if let Err(error) = steward::log(&config.log) {
        return refuse(&error);
    }
    match steward::run(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => refuse(&error),
    }
}

#[expect(clippy::print_stderr, reason = "the operator reads it where the program was started")]
fn refuse(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("steward: {error}");
    ExitCode::FAILURE
}
