//! The commands that manage accounts.

mod change;
mod create;
mod export;
mod import;
mod line;
mod list;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use coach_core::{
    domain::{AccountKey, AccountSummary, EmailAddress, FullName, escape_invisible},
    services::{AccountError, Operator},
};

use super::{error::CommandError, output::Format};
use crate::{Config, operator};

#[derive(Args)]
pub(super) struct UsersCommand {
    #[command(subcommand)]
    action: Action,
    /// Prints one JSON document.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Action {
    /// Creates an account. Without a password, prints a one-time code with which the user chooses one.
    Create {
        /// The email address of the new account.
        #[arg(value_parser = EmailAddress::parse)]
        email: EmailAddress,
        /// The name of the user.
        #[arg(long, default_value = "", hide_default_value = true, value_parser = parse_name)]
        name: Name,
        /// Reads a password from standard input, without echo on a terminal.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Lists accounts.
    List(list::ListArguments),
    /// Shows an account.
    Show(User),
    /// Lets the user of an account sign in again.
    Activate(User),
    /// Ends every session of an account and refuses further sign-ins.
    Deactivate(User),
    /// Ends every session of an account.
    SignOut(User),
    /// Deletes an account, its sessions and its practice sessions.
    Delete {
        #[command(flatten)]
        user: User,
        /// Does not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Prints a one-time code with which the user chooses a new password. It replaces a former one.
    PasswordCode(User),
    /// Writes all accounts with their password hashes, one JSON object a line.
    Export {
        /// The new file, which only its owner can read. The default is standard output, if that is not a terminal.
        file: Option<PathBuf>,
    },
    /// Creates accounts from lines that `export` writes. Skips known email addresses.
    Import {
        /// The file to read.
        file: PathBuf,
        /// Checks every line and changes nothing.
        #[arg(long)]
        dry_run: bool,
    },
}

/// An account on the command line.
#[derive(Args)]
struct User {
    /// The email address or the id of the account.
    #[arg(value_name = "USER", value_parser = AccountKey::parse)]
    key: AccountKey,
}

type Name = Option<FullName>;

fn parse_name(text: &str) -> Result<Name, String> {
    FullName::parse(text).map_err(|error| error.to_string())
}

impl UsersCommand {
    pub(super) async fn run(self, config: &Config) -> Result<(), CommandError> {
        let format = Format { json: self.json };
        match &self.action {
            Action::Delete { yes, .. } => change::check_deletion(*yes)?,
            Action::Export { file } => export::check_output(file.as_deref())?,
            _ => {}
        }
        let work = async |operator: &Operator| {
            self.action.run(&Accounts { operator, format }, config).await
        };
        operator::act(config, work).await?
    }
}

impl Action {
    async fn run(self, accounts: &Accounts<'_>, config: &Config) -> Result<(), CommandError> {
        match self {
            Action::Create { email, name, password_stdin } => {
                accounts.create(email, name, password_stdin, config).await
            }
            Action::List(arguments) => accounts.list(arguments).await,
            Action::Show(user) => accounts.show(&user.key).await,
            Action::Activate(user) => accounts.set_active(&user.key, true).await,
            Action::Deactivate(user) => accounts.set_active(&user.key, false).await,
            Action::SignOut(user) => accounts.sign_out(&user.key).await,
            Action::Delete { user, yes } => accounts.delete(&user.key, yes).await,
            Action::PasswordCode(user) => accounts.issue_code(&user.key, config).await,
            Action::Export { file } => accounts.export(file.as_deref()).await,
            Action::Import { file, dry_run } => accounts.import(&file, dry_run).await,
        }
    }
}

/// The use cases of a command, and the format of its output.
struct Accounts<'a> {
    operator: &'a Operator,
    format: Format,
}

impl Accounts<'_> {
    async fn find(&self, key: &AccountKey) -> Result<AccountSummary, CommandError> {
        find_account(self.operator, key).await
    }
}

/// Returns the account that a command names.
pub(super) async fn find_account(
    operator: &Operator,
    key: &AccountKey,
) -> Result<AccountSummary, CommandError> {
    operator.find(key).await.map_err(|error| match (error, key) {
        (AccountError::NotFound, AccountKey::Id(id)) => {
            CommandError::refused(format!("No account has the id {}.", id.0))
        }
        (AccountError::NotFound, AccountKey::Email(email)) => {
            let email = escape_invisible(email.as_str());
            CommandError::refused(format!("No account has the email address {email}."))
        }
        (error, _) => error.into(),
    })
}

/// Names an account in a sentence.
fn named(account: &AccountSummary) -> String {
    format!("{} (id {})", escape_invisible(account.user.email.as_str()), account.user.id.0)
}
