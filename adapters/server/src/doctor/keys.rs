use coach_diesel::DatabaseUrl;

use super::Finding;
use crate::{Config, config::JwtKey, secret_file, signing_secret};

const CHECK: &str = "keys";
/// Random text has more different bytes than this, even in hexadecimal digits.
const FEW_DIFFERENT_BYTES: usize = 10;

pub(super) fn examine(config: &Config) -> Vec<Finding> {
    let mut findings = vec![current(config)];
    let former = config.jwt_keys.former();
    if former > 0 {
        findings
            .push(Finding::ok(CHECK, format!("Former keys that are still accepted: {former}.")));
    }
    if let DatabaseUrl::Sqlite(database) = &config.database_url
        && !config.jwt_keys.need_kept_secret()
        && let Some((file, secret)) = signing_secret::left_beside(database)
        && !config.jwt_keys.accept_secret(&secret)
    {
        let found = format!("The secret in {} signs nothing any more.", file.display());
        let advice =
            "Add its content to JWT_PREVIOUS_SECRETS to keep people signed in, or delete the file.";
        findings.push(Finding::warning(CHECK, found, advice));
    }
    findings
}

fn current(config: &Config) -> Finding {
    match &config.jwt_keys.current {
        JwtKey::Private(key) => Finding::ok(
            CHECK,
            format!(
                "A private key for {:?} signs tokens. Only its owner can read it.",
                key.algorithm()
            ),
        ),
        JwtKey::Secret(algorithm, Some(secret)) => {
            if secret.different_bytes() < FEW_DIFFERENT_BYTES {
                let found = "JWT_SECRET has few different characters, so it may be guessed.";
                return Finding::warning(
                    CHECK,
                    found,
                    "Make a random one with `openssl rand -hex 32`.",
                );
            }
            Finding::ok(CHECK, format!("JWT_SECRET signs tokens with {algorithm:?}."))
        }
        JwtKey::Secret(_, None) => kept(&config.database_url),
    }
}

/// Checks the secret in the file beside an SQLite database.
fn kept(database: &DatabaseUrl) -> Finding {
    let DatabaseUrl::Sqlite(database) = database else {
        let found = "JWT_SECRET is not set, and the database is PostgreSQL: all servers must share one key.";
        return Finding::problem(
            CHECK,
            found,
            "Set JWT_SECRET, for example to the output of `openssl rand -hex 32`.",
        );
    };
    let file = signing_secret::file_beside(database);
    if !file.exists() {
        return Finding::ok(
            CHECK,
            format!("There is no JWT_SECRET. The first start makes {}.", file.display()),
        );
    }
    match secret_file::read(&file) {
        Ok(_) => match signing_secret::left_beside(database) {
            Some(_) => Finding::ok(
                CHECK,
                format!(
                    "The secret in {} signs tokens. Only its owner can read it.",
                    file.display()
                ),
            ),
            None => Finding::problem(
                CHECK,
                format!("The secret in {} is too weak.", file.display()),
                "Delete the file: the next start makes another, and everyone signs in again.",
            ),
        },
        Err(error) => Finding::problem(
            CHECK,
            format!("The key is in {}, {error}.", file.display()),
            format!(
                "Make it readable for the server's user alone: `chmod 600 {}`.",
                file.display()
            ),
        ),
    }
}
