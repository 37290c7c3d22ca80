//! What happens when something dies, answers twice, or refuses.

pub(crate) mod books;
mod killed;
mod numbers;
mod outage;
mod overtaken;
mod put_off;
mod refused;
mod renewals;
mod requests;
mod sigkill;
mod twice;
