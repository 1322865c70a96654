//! The API with its real adapters, over HTTP, on both databases.

#[path = "../databases.rs"]
mod databases;

mod accounts;
mod outages;
mod personas;
mod races;
mod secrets;
