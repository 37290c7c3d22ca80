//! What Steward costs on AWS, computed from the calls that it makes.

mod bill;
mod list;
mod month;
mod tables;

pub use bill::Bill;
pub use list::{AS_OF, Good, Price, REGION, assumptions};
pub use month::{idle_month, one_certificate, stored};
pub use tables::{bill_table, readme_rows, route_table};
