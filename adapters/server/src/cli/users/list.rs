use std::io::{self, BufWriter, IsTerminal, Write};

use clap::Args;
use coach_core::domain::{
    AccountFilter, AccountKey, AccountSummary, FullName, SearchText, escape_invisible,
};
use serde_json::{Value, json};

use super::{Accounts, CommandError};
use crate::cli::{
    output::{seconds, to_json},
    table::Table,
};

#[derive(Args)]
pub(super) struct ListArguments {
    /// Only accounts whose email address or name contains this text, in any case.
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Only active accounts.
    #[arg(long, conflicts_with = "inactive")]
    active: bool,
    /// Only inactive accounts.
    #[arg(long)]
    inactive: bool,
}

const COLUMNS: [&str; 7] =
    ["ID", "EMAIL", "NAME", "ACTIVE", "CREATED", "LAST LOGIN", "LIVE SESSIONS"];

pub(super) fn to_value(account: &AccountSummary) -> Value {
    let user = &account.user;
    json!({
        "id": user.id.0,
        "email": user.email.as_str(),
        "full_name": user.full_name.as_ref().map(FullName::as_str),
        "is_active": user.is_active,
        "created_at": seconds(user.created_at),
        "last_login": user.last_login.map(seconds),
        "live_sessions": account.live_sessions,
    })
}

/// The text of a column without a value.
fn nothing() -> String {
    "-".to_owned()
}

/// The texts of the columns.
fn to_row(account: &AccountSummary) -> [String; COLUMNS.len()] {
    let user = &account.user;
    [
        user.id.0.to_string(),
        escape_invisible(user.email.as_str()),
        user.full_name.as_ref().map(|name| escape_invisible(name.as_str())).unwrap_or_else(nothing),
        if user.is_active { "yes" } else { "no" }.to_owned(),
        seconds(user.created_at),
        user.last_login.map_or_else(nothing, seconds),
        account.live_sessions.to_string(),
    ]
}

impl Accounts<'_> {
    /// Prints the accounts page by page, so that any number of them needs little memory.
    pub(super) async fn list(&self, arguments: ListArguments) -> Result<(), CommandError> {
        let ListArguments { search, active, inactive } = arguments;
        let filter = AccountFilter {
            search: search.as_deref().and_then(SearchText::read),
            active: (active || inactive).then_some(active),
        };
        let mut out = BufWriter::new(io::stdout());
        let mut table = Table::new(COLUMNS, io::stdout().is_terminal());
        let (mut after, mut is_first) = (None, true);
        if self.format.json {
            write!(out, "{{\"users\":[")?;
        }
        loop {
            let (page, next) = self.operator.list(&filter, after).await?;
            match self.format.json {
                true => {
                    for account in &page {
                        let comma = if std::mem::take(&mut is_first) { "" } else { "," };
                        write!(out, "{comma}\n{}", to_json(&to_value(account)))?;
                    }
                }
                false => table.print(&mut out, &page.iter().map(to_row).collect::<Vec<_>>())?,
            }
            if next.is_none() {
                break;
            }
            after = next;
        }
        if self.format.json {
            writeln!(out, "]}}")?;
        }
        Ok(out.flush()?)
    }

    pub(super) async fn show(&self, key: &AccountKey) -> Result<(), CommandError> {
        let account = self.find(key).await?;
        let pairs: Vec<_> = COLUMNS.into_iter().zip(to_row(&account)).collect();
        Ok(self.format.print_record(&to_value(&account), &pairs)?)
    }
}
