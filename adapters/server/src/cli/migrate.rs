use std::{io::Write, pin::pin};

use clap::Args;
use coach_core::{
    domain::{AuthEvent, EventOrigin, NewAuditEntry},
    ports::Clock as _,
};
use coach_diesel::{Adopted, Adoption, Note};
use serde_json::json;
use tokio::sync::watch;

use super::error::CommandError;
use crate::{
    Config, database, logging, migrate, operating_system::SystemClock, operator,
    progress::ProgressBar, serve::stop_signal,
};

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
        let stopped = stop_signal()?;
        tokio::select! {
            done = self.migrate(config) => done,
            () = stopped => Err(CommandError::Interrupted),
        }
    }

    async fn migrate(&self, config: &Config) -> Result<(), CommandError> {
        if !self.adopt {
            return Ok(migrate(&config.database_url).await?);
        }
        let outcome = adopt(config).await?;
        if let Adoption::Done(adopted) = &outcome {
            logging::log_event(event(adopted));
        }
        let text = if self.json { as_json(&outcome).to_string() } else { as_text(&outcome) };
        Ok(writeln!(std::io::stdout(), "{text}")?)
    }
}

/// Adopts the database and shows the progress meanwhile.
async fn adopt(config: &Config) -> Result<Adoption, CommandError> {
    database::check_files(&config.database_url)?;
    let (report, mut reported) = watch::channel(None);
    let report = Box::new(move |what: &'static str, progress| {
        report.send_replace(Some((what, progress)));
    });
    let origin = EventOrigin { ip: None, operator: operator::name() };
    let entry = Box::new(move |adopted: &Adopted| NewAuditEntry {
        at: SystemClock.now(),
        event: event(adopted),
        origin,
    });
    let mut adopting = pin!(database::adopt(&config.database_url, report, entry));
    let bar = ProgressBar::new();
    loop {
        tokio::select! {
            outcome = &mut adopting => {
                return outcome.map_err(|error| CommandError::refused(error.to_string()));
            }
            Ok(()) = reported.changed() => {
                if let Some((what, progress)) = *reported.borrow_and_update() {
                    bar.show(what, progress);
                }
            }
        }
    }
}

fn event(adopted: &Adopted) -> AuthEvent {
    let Adopted { users, practice_sessions, .. } = *adopted;
    AuthEvent::DatabaseAdopted { accounts: users, practice_sessions }
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
