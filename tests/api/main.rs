//! The API with its real adapters, over HTTP, on both databases.

#[path = "../databases.rs"]
mod databases;
#[path = "../server.rs"]
mod server;

mod accounts;
mod new_password;
mod outages;
mod practice;
mod races;
mod secrets;
mod sessions;
