//! Each session has a number. Session 7 has the id `id(7)` and, if its client is a browser, the secret `secret(7)`.

use chrono::{DateTime, TimeDelta, Utc};
use coach_core::domain::{
    Client, EmailAddress, FullName, NewAuthSession, NewUser, PasswordHash, SessionId, SessionSecret,
};

/// Returns a time with microseconds, the precision of a clock.
pub fn noon() -> DateTime<Utc> {
    "2026-02-13T12:00:00.123456Z".parse().unwrap()
}

/// Returns the time this many minutes after noon.
pub fn minutes(after_noon: i64) -> DateTime<Utc> {
    noon() + TimeDelta::minutes(after_noon)
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

/// The hash of every account.
pub fn password_hash() -> PasswordHash {
    PasswordHash::new("$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA".to_owned())
}

/// The hash of another password.
pub fn another_hash() -> PasswordHash {
    PasswordHash::new("$argon2id$another".to_owned())
}

pub fn secret(number: u8) -> SessionSecret {
    SessionSecret::from_random([number; 32])
}

pub fn id(number: u8) -> SessionId {
    SessionId::from_random([number; 16])
}

pub fn ids(numbers: &[u8]) -> Vec<SessionId> {
    numbers.iter().copied().map(id).collect()
}

/// A session without a secret.
pub fn new_session(number: u8) -> NewAuthSession {
    NewAuthSession {
        id: id(number),
        created_at: noon(),
        client: Client::default(),
        secret: None,
        replaces: Vec::new(),
    }
}

/// A session for a browser that presented the secrets of the sessions `replaces`.
pub fn browser_session(number: u8, replaces: &[u8]) -> NewAuthSession {
    let replaces = replaces.iter().copied().map(secret).collect();
    NewAuthSession { secret: Some(secret(number)), replaces, ..new_session(number) }
}

/// A session without a secret that begins this many minutes after noon.
pub fn at(after_noon: i64, number: u8) -> NewAuthSession {
    NewAuthSession { created_at: minutes(after_noon), ..new_session(number) }
}
