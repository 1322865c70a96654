use std::io::{self, IsTerminal, Write};

use coach_core::domain::{AccountKey, AccountSummary, NewPasswordCode};
use serde_json::{Value, json};

use super::{Accounts, CommandError, named};
use crate::{
    Config,
    cli::output::{counted, seconds},
};

/// Refuses a deletion that nobody can confirm.
pub(super) fn check_deletion(yes: bool) -> Result<(), CommandError> {
    match yes || io::stdin().is_terminal() {
        true => Ok(()),
        false => Err(CommandError::Usage(
            "Standard input is not a terminal. Add --yes to delete the account".to_owned(),
        )),
    }
}

fn confirm(account: &AccountSummary) -> Result<(), CommandError> {
    let account = named(account);
    write!(
        io::stderr(),
        "Delete {account}, its sessions and its practice sessions for good? Type yes: "
    )?;
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    match answer.trim() {
        "yes" => Ok(()),
        _ => Err(CommandError::refused("Nothing was deleted")),
    }
}

/// Returns the members and the sentences that describe a code.
pub(super) fn describe(
    code: &NewPasswordCode,
    config: &Config,
) -> ([(&'static str, Value); 3], String) {
    let (text, expires_at) = (code.code.expose_grouped(), seconds(code.expires_at));
    let url = format!("{}/auth/new-password", config.public_url.origin());
    let sentence = format!(
        "The user chooses a password at {url} with this code, once and before {expires_at}:\n\n{text}\n"
    );
    ([("code", json!(text)), ("expires_at", json!(expires_at)), ("url", json!(url))], sentence)
}

impl Accounts<'_> {
    fn print_change(
        &self,
        account: &AccountSummary,
        (member, value): (&str, Value),
        text: &str,
    ) -> Result<(), CommandError> {
        let document = json!({
            "id": account.user.id.0,
            "email": account.user.email.as_str(),
            member: value,
        });
        Ok(self.format.print(&document, text)?)
    }

    pub(super) async fn set_active(
        &self,
        key: &AccountKey,
        active: bool,
    ) -> Result<(), CommandError> {
        let account = self.find(key).await?;
        let changed = match active {
            true => self.operator.activate(account.user.id).await?,
            false => self.operator.deactivate(account.user.id).await?,
        };
        let name = named(&account);
        let text = match (active, changed) {
            (true, true) => format!("Activated {name}."),
            (false, true) => format!("Deactivated {name} and ended its sessions."),
            (true, false) => format!("{name} was active already."),
            (false, false) => format!("{name} was inactive already."),
        };
        self.print_change(&account, ("changed", json!(changed)), &text)
    }

    pub(super) async fn sign_out(&self, key: &AccountKey) -> Result<(), CommandError> {
        let account = self.find(key).await?;
        let ended = self.operator.sign_out(account.user.id).await?;
        let name = named(&account);
        let text = match ended {
            0 => format!("{name} had no sessions."),
            ended => format!("Ended {} of {name}.", counted(ended, "session", "sessions")),
        };
        self.print_change(&account, ("ended_sessions", json!(ended)), &text)
    }

    pub(super) async fn delete(&self, key: &AccountKey, yes: bool) -> Result<(), CommandError> {
        let account = self.find(key).await?;
        if !yes {
            confirm(&account)?;
        }
        self.operator.delete(account.user.id).await?;
        let text = format!("Deleted {}.", named(&account));
        self.print_change(&account, ("deleted", json!(true)), &text)
    }

    pub(super) async fn issue_code(
        &self,
        key: &AccountKey,
        config: &Config,
    ) -> Result<(), CommandError> {
        let account = self.find(key).await?;
        let code = self.operator.issue_code(account.user.id).await?;
        let (members, sentence) = describe(&code, config);
        let mut document = json!({
            "id": account.user.id.0,
            "email": account.user.email.as_str(),
            "is_active": account.user.is_active,
        });
        for (name, value) in members {
            document[name] = value;
        }
        let name = named(&account);
        let inactive = match account.user.is_active {
            true => String::new(),
            false => format!("{name} is inactive: activate it before the code is used.\n"),
        };
        Ok(self
            .format
            .print(&document, &format!("{inactive}Made a code for {name}. {sentence}"))?)
    }
}
