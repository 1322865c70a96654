//! The pages in a real browser: Chromium, driven by its WebDriver.

#[path = "../databases.rs"]
mod databases;
#[path = "../server.rs"]
mod server;

mod assets;
mod browser;
mod cdn;
mod docs;
mod every_state;
mod forms;
mod journey;
mod other_sites;
mod site;
mod themes;
