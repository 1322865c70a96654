#![doc = include_str!("../README.md")]

mod acceptor;
mod config;
mod database;
mod logging;
mod operating_system;
mod purge;
mod secret_file;
mod serve;
mod signing_secret;

pub use config::{Config, ConfigError};
pub use database::{StartError, migrate};
pub use logging::init_logging;
pub use operating_system::{OsRandom, SystemClock};
pub use serve::serve;
