//! The HTTP adapter and the core on mocks of the ports. No database is linked in.

mod account_page;
mod connections;
mod cors;
mod errors;
mod fixture;
mod flow;
mod headers;
mod negotiation;
mod new_password;
mod openapi;
mod pages;
mod practice;
mod practice_list;
mod practice_pages;
mod profile;
mod refresh;
mod requests;
mod self_service;
mod sessions;
