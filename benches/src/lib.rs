//! What is measured: programs under `src/bin`, each run by `cargo run --release -p benches --bin NAME`.

mod percentiles;

pub use percentiles::Percentiles;
