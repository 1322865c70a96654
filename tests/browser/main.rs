//! Tests of the pages in Chromium.

#[path = "../databases.rs"]
mod databases;
#[path = "../server.rs"]
mod server;

mod account;
mod assets;
mod browser;
mod cdn;
mod docs;
mod every_state;
mod forms;
mod journey;
mod new_password;
mod other_sites;
mod site;
mod themes;
