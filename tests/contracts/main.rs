//! One contract suite for each port, run on every adapter: each MUST of a port's documentation is a test here.

#[path = "../databases.rs"]
mod databases;

mod auth_session_repository;
mod migrations;
mod operating_system;
mod password_hasher;
mod password_strength;
mod postgres_tls;
mod tokens;
mod user_repository;

use chrono::{DateTime, Utc};
use coach_core::domain::{
    Client, EmailAddress, FullName, NewAuthSession, NewUser, PasswordHash, SessionId, SessionSecret,
};

/// To the microsecond, which is what a clock gives.
pub fn noon() -> DateTime<Utc> {
    "2026-02-13T12:00:00.123456Z".parse().unwrap()
}

pub fn email(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

pub fn new_user(address: &str) -> NewUser {
    NewUser {
        email: email(address),
        full_name: FullName::parse("Test User").unwrap(),
        password_hash: password_hash(),
        created_at: noon(),
    }
}

/// That of every account.
pub fn password_hash() -> PasswordHash {
    PasswordHash::new("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA".to_owned())
}

/// A session for a browser that presented `replaces` until now.
pub fn browser_session(number: u8, replaces: Option<u8>) -> NewAuthSession {
    let replaces = replaces.map(secret);
    NewAuthSession { secret: Some(secret(number)), replaces, ..new_session(number) }
}

pub fn secret(number: u8) -> SessionSecret {
    SessionSecret::from_random([number; 32])
}

pub fn new_session(number: u8) -> NewAuthSession {
    NewAuthSession {
        id: SessionId::from_random([number; 16]),
        created_at: noon(),
        client: Client::default(),
        secret: None,
        replaces: None,
    }
}
