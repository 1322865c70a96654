//! The command line of `pm-interview-coach`: one file for each group of commands.

mod audit;
mod audit_output;
mod backup;
mod doctor;
mod error;
mod keys;
mod migrate;
mod output;
mod password;
mod shell;
mod since;
mod table;
mod users;

use std::{path::PathBuf, process::ExitCode};

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use self::{
    audit::AuditCommand,
    error::CommandError,
    keys::KeysCommand,
    migrate::MigrateArguments,
    output::{fail, print},
    users::UsersCommand,
};
use crate::{Config, Log, StartError, serve};

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
    Migrate(MigrateArguments),
    /// Prints the OpenAPI document.
    Openapi,
    /// Shows the audit trail, newest events last.
    Audit(AuditCommand),
    /// Manages the keys that sign access tokens.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Copies the SQLite database while the server runs.
    ///
    /// The signing key is in another file and is not part of the copy. PostgreSQL has pg_dump.
    Backup {
        /// The new file, which only its owner can read.
        file: PathBuf,
        /// Prints the result as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Checks configuration, database, keys and machine, and says what to do. Changes nothing.
    ///
    /// The exit code is 1 if there is a problem.
    Doctor {
        /// Prints the result as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Prints a script that completes commands in a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Writes a manual page for each command.
    Man {
        /// The directory of the pages.
        directory: PathBuf,
    },
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
        Some(Command::Doctor { json }) => return doctor::run(json),
        Some(Command::Completions { shell }) => return shell::completions(shell),
        Some(Command::Man { directory }) => return shell::manual(&directory),
        Some(
            Command::Backup { .. } | Command::Migrate(_) | Command::Audit(_) | Command::Users(_),
        )
        | None => {}
    }
    let config = match Config::load() {
        Ok(config) => config,
        Err(error) => return fail(&error, 2),
    };
    let log = match Log::start(config.log_format, config.debug) {
        Ok(log) => log,
        Err(error) => return fail(&StartError::Io(error), 1),
    };
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    if let Some(Command::Backup { file, json }) = command {
        return backup::run(&config, &file, json);
    }
    let done = run_configured(command, config, &log);
    // Its last lines come before the error.
    drop(log);
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error, error.exit_code()),
    }
}

fn run_configured(command: Option<Command>, config: Config, log: &Log) -> Result<(), CommandError> {
    // Migrations on PostgreSQL need the multi-threaded runtime. One thread is enough, because `serve` starts others for
    // connections.
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(StartError::Io)?;
    let done = runtime.block_on(async {
        match command {
            Some(Command::Migrate(command)) => command.run(&config).await,
            Some(Command::Audit(command)) => command.run(&config).await,
            Some(Command::Users(command)) => command.run(&config).await,
            _ => Ok(serve(config, log).await?),
        }
    });
    if matches!(done, Err(CommandError::Interrupted)) {
        // SQLite may still work on a thread. Its transaction ends with the process, which undoes it.
        runtime.shutdown_background();
    }
    done
}
