//! `steward`: every API area and worker in one process, with everything it knows in one directory.

use std::process::ExitCode;

use clap::Parser;
use steward::Config;

// As in the Lambdas: an answer takes thousands of small allocations.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let config = Config::parse();
    if let Err(error) = steward::log(&config.log) {
        return refuse(&error);
    }
    let done = match config.command.clone() {
        None => steward::run(config).await,
        Some(command) => steward::command(&config, command).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => refuse(&error),
    }
}

#[expect(clippy::print_stderr, reason = "the operator reads it where the program was started")]
fn refuse(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("steward: {}", system::one_line(&error.to_string()));
    ExitCode::FAILURE
}
