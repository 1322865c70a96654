//! `pm-interview-coach`: serves, or runs one of the commands beside it.

use std::{io::Write, process::ExitCode};

use clap::{Parser, Subcommand};
use coach_server::{Config, StartError, init_logging, migrate, serve};

/// The accounts of PM Interview Coach. Without a command it serves; environment variables configure it.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the database migrations that are still to run, and ends.
    Migrate,
    /// Prints the OpenAPI document, and ends.
    Openapi,
}

fn main() -> ExitCode {
    let command = Cli::parse().command;
    if let Some(Command::Openapi) = command {
        return match writeln!(std::io::stdout(), "{}", coach_http::openapi_document()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    }
    let config = match Config::load() {
        Ok(config) => config,
        Err(error) => return fail(&error, 2),
    };
    init_logging(config.debug);
    match run(command, config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error, if error.is_misconfiguration() { 2 } else { 1 }),
    }
}

fn run(command: Option<Command>, config: Config) -> Result<(), StartError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Some(Command::Migrate) => migrate(&config.database_url).await,
            _ => serve(config).await,
        }
    })
}

/// One sentence, and the exit code that tells a mistake in the configuration (2) from everything else (1).
fn fail(error: &dyn std::error::Error, code: u8) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "pm-interview-coach: {error}");
    ExitCode::from(code)
}
