//! Deployments, on a real server: sshd, nginx and Apache, as the user who runs the tests.

mod apache;
mod busy;
mod dropped;
mod dry_run;
mod killed;
mod left_child;
mod login_shell;
mod place;
mod refused;
mod retry;
mod rights;
mod rollback;
mod rollout;
mod rows;
mod run;
mod snippet;
mod systemd;
mod unseen;
