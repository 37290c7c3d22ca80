//! What happens when something dies, answers twice, or refuses.

pub(crate) mod books;
mod clock_set_back;
mod killed;
mod numbers;
mod outage;
mod overtaken;
mod put_off;
mod refused;
mod renewals;
mod requests;
mod set_aside;
mod sigkill;
mod twice;
mod two_customers;
