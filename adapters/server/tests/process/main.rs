//! The real binary, as an operator runs it.

#![allow(
    unreachable_pub,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the helpers of tests are tests"
)]

mod configuration;
mod crashes;
mod keys;
mod logs;
mod purge;
mod server;
mod several;
mod shutdown;
