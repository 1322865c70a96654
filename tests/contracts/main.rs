//! A contract suite for each port, run on every adapter. Each MUST in a port's documentation has a test.

#[path = "../databases.rs"]
mod databases;

mod account_repository;
mod audit_trail;
mod auth_session_repository;
mod databases_only;
mod fixture;
mod health_check;
mod migrations;
mod operating_system;
mod password_code_repository;
mod password_hasher;
mod password_strength;
mod postgres_retries;
mod postgres_tls;
mod practice_session_repository;
mod storage;
mod tokens;
mod user_repository;

use fixture::{
    another_hash, at, browser_session, email, id, ids, minutes, new_session, new_user, noon,
    password_hash, secret,
};
use storage::{Storage, race};
