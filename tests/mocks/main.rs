//! The whole HTTP adapter and core on mocks of the ports: no database in the process.

mod connections;
mod cors;
mod errors;
mod fixture;
mod flow;
mod headers;
mod negotiation;
mod openapi;
mod pages;
mod profile;
mod refresh;
mod requests;
mod self_service;
mod sessions;
