#![doc = include_str!("../README.md")]

mod audit;
mod cli;
mod compose;
mod config;
mod database;
mod doctor;
mod http;
mod logging;
mod metrics;
mod observer;
mod operating_system;
mod operator;
mod progress;
mod purge;
mod secret_file;
mod serve;
mod signing_secret;
mod start_error;
mod traces;

pub use cli::{definition, run};
pub use config::{Config, ConfigError, LogFormat};
pub use database::migrate;
pub use logging::Log;
pub use operating_system::{OsRandom, SystemClock};
pub use serve::serve;
pub use start_error::StartError;
