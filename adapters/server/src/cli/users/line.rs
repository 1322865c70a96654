//! The lines of an export.

use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};
use coach_core::{
    domain::{Credentials, EmailAddress, FullName, ImportedAccount, PasswordHash},
    services::Operator,
};
use serde_json::{Map, Value, json};

/// The longest hash that the databases store, in characters.
const MAX_HASH_CHARACTERS: usize = 255;

/// Formats an account. An account without a password has no hash.
pub(super) fn write(account: &Credentials) -> Value {
    let Credentials { user, password_hash } = account;
    let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let hash = Some(password_hash).filter(|hash| !hash.is_none());
    json!({
        "email": user.email.as_str(),
        "full_name": user.full_name.as_ref().map(FullName::as_str),
        "password_hash": hash.map(PasswordHash::expose),
        "is_active": user.is_active,
        "created_at": time(user.created_at),
        "last_login": user.last_login.map(time),
    })
}

/// Parses an account. Only the email address is required. The errors are sentences, and show no value.
pub(super) fn read(
    line: &str,
    now: DateTime<Utc>,
    operator: &Operator,
) -> Result<ImportedAccount, String> {
    let members = match serde_json::from_str(line) {
        Ok(Value::Object(members)) => members,
        Ok(_) => return Err("The line is not a JSON object.".to_owned()),
        Err(error) => return Err(format!("The line is not JSON (column {}).", error.column())),
    };
    let email = text(&members, "email")?.ok_or("The member email is missing.")?;
    let email = EmailAddress::parse(email).map_err(|error| error.to_string())?;
    let full_name = FullName::parse(text(&members, "full_name")?.unwrap_or_default())
        .map_err(|error| error.to_string())?;
    let is_active = match members.get("is_active") {
        None | Some(Value::Null) => true,
        Some(Value::Bool(is_active)) => *is_active,
        Some(_) => return Err("The member is_active is neither true nor false.".to_owned()),
    };
    Ok(ImportedAccount {
        email,
        full_name,
        password_hash: hash(&members, operator)?,
        is_active,
        created_at: time(&members, "created_at")?.unwrap_or(now),
        last_login: time(&members, "last_login")?,
    })
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, String> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("The member {name} is not a string.")),
    }
}

fn hash(members: &Map<String, Value>, operator: &Operator) -> Result<PasswordHash, String> {
    let Some(text) = text(members, "password_hash")? else { return Ok(PasswordHash::none()) };
    let hash = PasswordHash::new(text.to_owned());
    match text.chars().count() <= MAX_HASH_CHARACTERS && operator.supports(&hash) {
        true => Ok(hash),
        false => Err("The member password_hash is not a supported hash.".to_owned()),
    }
}

/// Parses a time (RFC 3339), in microseconds as the databases store it.
fn time(members: &Map<String, Value>, name: &str) -> Result<Option<DateTime<Utc>>, String> {
    let Some(text) = text(members, name)? else { return Ok(None) };
    match DateTime::parse_from_rfc3339(text) {
        Ok(time) => Ok(Some(time.to_utc().trunc_subsecs(6))),
        Err(_) => Err(format!("The member {name} is not a time like 2026-02-13T12:00:00Z.")),
    }
}
