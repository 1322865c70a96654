//! Tests of the pages in Chromium.

#[path = "../databases.rs"]
mod databases;
#[path = "../server.rs"]
mod server;

mod accessibility;
mod account;
mod account_sections;
mod assets;
mod browser;
mod cdn;
mod docs;
mod every_state;
mod forms;
mod journey;
mod new_password;
mod notices;
mod other_sites;
mod practice;
mod site;
mod themes;
