//! The command line of `pm-interview-coach`: one file for each group of commands.

mod audit;
mod audit_output;
mod error;
mod keys;
mod output;
mod password;
mod since;
mod table;
mod users;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use self::{
    audit::AuditCommand,
    error::CommandError,
    keys::KeysCommand,
    output::{fail, print},
    users::UsersCommand,
};
use crate::{Config, Log, StartError, migrate, serve};

/// The account server of PM Interview Coach. Runs the server if no command is given.
///
/// Environment variables and the file .env in the working directory configure it. Environment variables override .env.
#[derive(Parser)]
#[command(name = "pm-interview-coach", version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Runs pending database migrations.
    Migrate,
    /// Prints the OpenAPI document.
    Openapi,
    /// Shows the audit trail, newest events last.
    Audit(AuditCommand),
    /// Manages the keys that sign access tokens.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Manages accounts, beside a running server too.
    Users(UsersCommand),
}

/// Returns the definition of the command line.
#[must_use]
pub fn definition() -> clap::Command {
    Cli::command()
}

/// Runs the command of this process and returns its exit code: 0 for done, 1 for failed, 2 for a wrong usage or
/// configuration.
#[must_use]
pub fn run() -> ExitCode {
    let command = Cli::parse().command;
    match command {
        Some(Command::Openapi) => return print(coach_http::openapi_document()),
        Some(Command::Keys(command)) => return command.run(),
        Some(Command::Migrate | Command::Audit(_) | Command::Users(_)) | None => {}
    }
    let config = match Config::load() {
        Ok(config) => config,
        Err(error) => return fail(&error, 2),
    };
    let log = Log::start(config.log_format, config.debug);
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    match run_configured(command, config, &log) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error, error.exit_code()),
    }
}

fn run_configured(command: Option<Command>, config: Config, log: &Log) -> Result<(), CommandError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(StartError::Io)?.block_on(async {
        match command {
            Some(Command::Migrate) => Ok(migrate(&config.database_url).await?),
            Some(Command::Audit(command)) => command.run(&config).await,
            Some(Command::Users(command)) => command.run(&config).await,
            _ => Ok(serve(config, log).await?),
        }
    })
}
