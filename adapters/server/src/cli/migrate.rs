use std::io::Write;

use clap::Args;
use coach_diesel::{Adopted, Adoption, Note};
use serde_json::json;

use super::{error::CommandError, progress::ProgressBar};
use crate::{Config, database, migrate};

#[derive(Args)]
pub(super) struct MigrateArguments {
    /// Takes over the database of the Python application (SQLAlchemy, Alembic). Stop the application and back the database
    /// up first. Nothing is lost: the tables users and practice_sessions become ours, and everything else stays as it is. If
    /// the command is interrupted, nothing has changed, and it can be repeated.
    #[arg(long)]
    adopt: bool,
    /// Prints the result of --adopt as JSON.
    #[arg(long, requires = "adopt")]
    json: bool,
}

impl MigrateArguments {
    pub(super) async fn run(self, config: &Config) -> Result<(), CommandError> {
        if !self.adopt {
            return Ok(migrate(&config.database_url).await?);
        }
        database::check_files(&config.database_url)?;
        let mut bar = ProgressBar::new();
        let report = Box::new(move |what: &'static str, progress| bar.show(what, progress));
        let outcome = database::adopt(&config.database_url, report)
            .await
            .map_err(|error| CommandError::Refused(error.to_string()))?;
        let text = if self.json { as_json(&outcome).to_string() } else { as_text(&outcome) };
        Ok(writeln!(std::io::stdout(), "{text}")?)
    }
}

fn as_text(outcome: &Adoption) -> String {
    let Adoption::Done(Adopted { users, practice_sessions, notes }) = outcome else {
        return "Nothing to adopt: the database is up to date.".to_owned();
    };
    let adopted = format!("Adopted {users} accounts and {practice_sessions} practice sessions.");
    let notes = notes.iter().map(|note| format!("Note: {note}."));
    std::iter::once(adopted).chain(notes).collect::<Vec<_>>().join("\n")
}

fn as_json(outcome: &Adoption) -> serde_json::Value {
    let Adoption::Done(Adopted { users, practice_sessions, notes }) = outcome else {
        return json!({ "adopted": false });
    };
    let note = |Note { finding, count, ids }: &Note| json!({ "count": count, "finding": finding, "first_ids": ids });
    json!({
        "adopted": true,
        "users": users,
        "practice_sessions": practice_sessions,
        "notes": notes.iter().map(note).collect::<Vec<_>>(),
    })
}
