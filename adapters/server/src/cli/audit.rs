use std::{
    io::{self, BufWriter, IsTerminal, Write, stdout},
    time::Duration,
};

use chrono::{DateTime, Utc};
use clap::Args;
use coach_core::{
    domain::{AccountKey, AuditEntry, AuditEntryId, AuditPosition, UserId},
    ports::{Clock, RepositoryError},
    services::Operator,
};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    time::sleep,
};

use super::{
    audit_output::{Format, Printer},
    error::CommandError,
    since::Since,
    users::find_account,
};
use crate::{Config, operating_system::SystemClock, operator};

/// Number of entries that are read and printed at once.
const PAGE: u32 = 500;
const POLL_INTERVAL: Duration = Duration::from_secs(1);

#[derive(Args)]
pub(super) struct AuditCommand {
    /// Shows only the events of this account: its email address or its id, which also works after a deletion.
    #[arg(long, value_parser = AccountKey::parse)]
    user: Option<AccountKey>,
    /// Shows only the events since then: a time such as 2026-02-13T12:00:00Z, a date (UTC), or a duration such as 30m, 2h or 7d.
    #[arg(long, value_name = "TIME")]
    since: Option<Since>,
    /// Goes on to show events as they are stored, until SIGINT.
    #[arg(long)]
    follow: bool,
    /// Prints JSON: one document, or one line for each event with --follow.
    #[arg(long)]
    json: bool,
}

impl AuditCommand {
    pub(super) async fn run(self, config: &Config) -> Result<(), CommandError> {
        operator::act(config, async |operator| self.show(operator).await).await?
    }

    async fn show(self, operator: &Operator) -> Result<(), CommandError> {
        // From here on, SIGINT does not kill the process.
        let interrupt = match self.follow {
            true => Some(signal(SignalKind::interrupt())?),
            false => None,
        };
        let user_id = match &self.user {
            Some(user) => Some(find(operator, user).await?),
            None => None,
        };
        let format = match (self.json, self.follow) {
            (true, false) => Format::Document,
            (true, true) => Format::JsonLines,
            (false, _) if stdout().is_terminal() => Format::Table,
            (false, _) => Format::Lines,
        };
        let since = self.since.map(|since| since.at(SystemClock.now()));
        let mut trail =
            Trail { operator, user_id, printer: Printer::new(format, BufWriter::new(stdout())) };
        match trail.show(since, interrupt).await {
            // The reader has seen enough, as `head` does.
            Err(CommandError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            shown => shown,
        }
    }
}

/// Returns the id of the account. An id also counts if the account was deleted.
async fn find(operator: &Operator, key: &AccountKey) -> Result<UserId, CommandError> {
    match key {
        AccountKey::Id(id) => Ok(*id),
        AccountKey::Email(_) => Ok(find_account(operator, key).await?.user.id),
    }
}

struct Trail<'a, W: Write> {
    operator: &'a Operator,
    user_id: Option<UserId>,
    printer: Printer<W>,
}

impl<W: Write> Trail<'_, W> {
    async fn show(
        &mut self,
        since: Option<DateTime<Utc>>,
        interrupt: Option<Signal>,
    ) -> Result<(), CommandError> {
        // Entries that are stored meanwhile are left to `follow`, whatever their time.
        let end = self.operator.end_of_audit_trail().await?;
        self.printer.begin()?;
        self.history(since.map_or_else(AuditPosition::first, AuditPosition::before), end).await?;
        match interrupt {
            None => self.printer.end()?,
            Some(mut interrupt) => tokio::select! {
                _ = interrupt.recv() => {}
                failed = self.follow(end) => return failed,
            },
        }
        Ok(())
    }

    async fn history(
        &mut self,
        mut after: AuditPosition,
        end: AuditEntryId,
    ) -> Result<(), CommandError> {
        loop {
            let page = self.operator.audit_trail(self.user_id, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.position();
            let listed: Vec<AuditEntry> =
                page.into_iter().filter(|entry| entry.id <= end).collect();
            // Only new entries follow, so do not run after them.
            if listed.is_empty() {
                return Ok(());
            }
            self.printer.print(&listed)?;
        }
    }

    /// Shows the entries that are stored after this one. Waits for a database that is not available.
    async fn follow(&mut self, mut after: AuditEntryId) -> Result<(), CommandError> {
        loop {
            match self.operator.audit_entries_after(self.user_id, after, PAGE).await {
                Ok(page) => {
                    self.printer.print(&page)?;
                    after = page.last().map_or(after, |last| last.id);
                    if page.len() == PAGE as usize {
                        continue;
                    }
                }
                Err(RepositoryError::Unavailable(error)) => {
                    tracing::warn!(%error, "the audit trail cannot be read; trying again");
                }
                Err(error) => return Err(error.into()),
            }
            sleep(POLL_INTERVAL).await;
        }
    }
}
