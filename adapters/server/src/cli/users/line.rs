//! The lines of an export.

use std::fmt;

use chrono::{DateTime, Datelike, SecondsFormat, SubsecRound, Timelike, Utc};
use coach_core::{
    domain::{
        Credentials, EmailAddress, FullName, ImportedAccount, PasswordHash, escape_invisible,
    },
    services::Operator,
};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value, error::Category, json};

/// The longest hash that the databases store, in characters.
const MAX_HASH_CHARACTERS: usize = 255;

/// How much of a member's name is shown, in characters.
const MAX_SHOWN: usize = 40;

/// chrono counts a leap second as nanoseconds from here on.
const NANOSECONDS_PER_SECOND: u32 = 1_000_000_000;

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
    let members = members(line)?;
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

/// Parses a JSON object. Of a repeated member, other programs may read the other value (RFC 8259, section 4).
fn members(line: &str) -> Result<Map<String, Value>, String> {
    let entries: Entries = serde_json::from_str(line).map_err(|error| match error.classify() {
        Category::Data => "The line is not a JSON object.".to_owned(),
        _ => format!("The line is not JSON (column {}).", error.column()),
    })?;
    let mut members = Map::new();
    for (name, value) in entries.0 {
        if members.contains_key(&name) {
            let name: String = name.chars().take(MAX_SHOWN).collect();
            return Err(format!("The member {} is repeated.", escape_invisible(&name)));
        }
        members.insert(name, value);
    }
    Ok(members)
}

/// The members of a JSON object, in their order, with repeated ones.
struct Entries(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor;

        impl<'de> Visitor<'de> for EntriesVisitor {
            type Value = Entries;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(EntriesVisitor)
    }
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

/// Parses a time (RFC 3339), in microseconds as the databases store it. RFC 3339 can write no year after 9999, which an offset
/// can lead to. The databases store no leap second.
fn time(members: &Map<String, Value>, name: &str) -> Result<Option<DateTime<Utc>>, String> {
    let Some(text) = text(members, name)? else { return Ok(None) };
    let time = DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc().trunc_subsecs(6));
    let is_stored = |time: &DateTime<Utc>| {
        (0..=9999).contains(&time.year()) && time.nanosecond() < NANOSECONDS_PER_SECOND
    };
    match time.filter(is_stored) {
        Some(time) => Ok(Some(time)),
        None => Err(format!("The member {name} is not a time like 2026-02-13T12:00:00Z.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_that_an_export_can_write() {
        let read = |text: &str| {
            let members = Map::from_iter([("created_at".to_owned(), json!(text))]);
            time(&members, "created_at").map(|time| time.map(|time| time.to_rfc3339()))
        };
        for (text, utc) in [
            ("2026-02-13T12:00:00Z", "2026-02-13T12:00:00+00:00"),
            ("2026-02-13T12:00:00.1234567+02:00", "2026-02-13T10:00:00.123456+00:00"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59+00:00"),
        ] {
            assert_eq!(read(text), Ok(Some(utc.to_owned())));
        }
        for text in [
            "2026-02-13",
            "9999-12-31T23:59:59-23:59",
            "0000-01-01T00:00:00+23:59",
            "2026-12-31T23:59:60Z",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
