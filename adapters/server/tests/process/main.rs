//! Tests of the real binary.

#![allow(
    unreachable_pub,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "test helpers may panic"
)]

mod audit;
mod backup;
mod collector;
mod configuration;
mod connections;
mod crashes;
mod doctor;
mod keys;
mod logs;
mod metrics;
mod purge;
mod server;
mod several;
mod shell;
mod shutdown;
mod traces;
mod trusted_proxies;
mod users;
mod users_import;
