//! What happens when something dies, answers twice, or refuses.

mod books;
mod killed;
mod refused;
mod requests;
mod twice;
