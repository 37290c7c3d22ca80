mod create;
mod delete;
mod eab;
mod list;
mod owners;
mod set_default;
mod status;
