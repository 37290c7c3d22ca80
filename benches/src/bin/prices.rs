//! What each route costs on AWS, an idle month, and a thousand certificates, from the calls counted at an emulator.
//!
//! `cargo run -p benches --bin prices`

use std::process::ExitCode;

use system_tests::aws::Measured;
use system_tests::prices::{
    AS_OF, REGION, assumptions, bill_table, idle_month, one_certificate, readme_rows, route_table, stored,
};
use system_tests::template::Template;

#[tokio::main]
async fn main() -> ExitCode {
    let Some(Measured { start, visits }) = Measured::take().await else { return ExitCode::from(2) };
    let template = Template::read();
    println!("Prices of {REGION}, {AS_OF}. Each route; dollars for a million requests:\n");
    println!("{}", route_table(&template, &visits));
    let secrets = start.iter().filter(|call| call.service == "secretsmanager").count();
    println!("A new process beside that calls Secrets Manager {secrets} × and reads the key that signs tokens.\n");
    println!("A month in which nobody asks anything:\n{}", bill_table(&idle_month(&template, &visits)));
    let one = one_certificate(&template, &visits);
    println!("A thousand certificates, from order to download:\n{}", bill_table(&one.times(1e3)));
    println!("Keeping them for a month:\n{}", bill_table(&stored(1e3)));
    println!("The rows of README:\n{}", readme_rows(&template, &visits).join("\n"));
    println!("\n{}", assumptions());
    ExitCode::SUCCESS
}
