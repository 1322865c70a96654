//! The rules of the domain for the accounts, which SQL does not know.

use coach_core::domain::PasswordHash;
use diesel::{
    QueryResult, QueryableByName,
    sql_types::{Array, BigInt, Nullable, Text},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::number;
use crate::{
    Progress,
    adoption::{self as text, Adopter, BATCH, MAX_IDS, Note, values},
};

#[derive(QueryableByName)]
struct Account {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Nullable<Text>)]
    full_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    password_hash: Option<String>,
}

/// Gives every address its canonical form, and notes what breaks a rule. Returns the number of accounts.
pub(super) async fn clean(
    connection: &mut AsyncPgConnection,
    adopter: &mut Adopter,
    notes: &mut Vec<Note>,
) -> QueryResult<u64> {
    let empty = |finding| Note { finding, count: 0, ids: Vec::new() };
    let mut found =
        [text::MALFORMED_EMAIL, text::MALFORMED_NAME, text::UNSUPPORTED_HASH].map(empty);
    let total = number(connection, "SELECT count(*) FROM users").await?.unsigned_abs();
    let (mut after, mut done) = (i64::MIN, 0);
    loop {
        (adopter.report)("Accounts", Progress { done, total });
        let accounts: Vec<Account> = diesel::sql_query(
            "SELECT id, email, full_name, password_hash FROM users WHERE id > $1 ORDER BY id LIMIT $2",
        )
        .bind::<BigInt, _>(after)
        .bind::<BigInt, _>(BATCH)
        .load(connection)
        .await?;
        let Some(last) = accounts.last() else { break };
        after = last.id;
        done += accounts.len() as u64;
        let (mut ids, mut emails) = (Vec::new(), Vec::new());
        for account in accounts {
            let email = values::email(&account.email);
            let is_name = account.full_name.as_deref().is_none_or(values::is_name);
            let hash = account.password_hash.filter(|hash| !hash.is_empty() && hash != "!");
            let is_supported = hash.is_none_or(|hash| (adopter.supports)(&PasswordHash::new(hash)));
            for (note, is_fine) in found.iter_mut().zip([email.is_some(), is_name, is_supported]) {
                if !is_fine {
                    add(note, account.id);
                }
            }
            if let Some(email) = email.filter(|email| *email != account.email) {
                ids.push(account.id);
                emails.push(email);
            }
        }
        update(connection, ids, emails).await?;
    }
    notes.extend(found.into_iter().filter(|note| note.count > 0));
    Ok(done)
}

fn add(note: &mut Note, id: i64) {
    note.count += 1;
    if i64::try_from(note.ids.len()).is_ok_and(|known| known < MAX_IDS) {
        note.ids.push(id.to_string());
    }
}

async fn update(
    connection: &mut AsyncPgConnection,
    ids: Vec<i64>,
    emails: Vec<String>,
) -> QueryResult<()> {
    if ids.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "UPDATE users SET email = changed.email FROM unnest($1, $2) AS changed (id, email) WHERE users.id = changed.id",
    )
    .bind::<Array<BigInt>, _>(ids)
    .bind::<Array<Text>, _>(emails)
    .execute(connection)
    .await
    .map(|_| ())
}
