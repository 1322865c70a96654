//! `pm-interview-coach`: serves, or runs one of the commands beside it.

use std::{
    fmt::Display,
    fs::OpenOptions,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use coach_server::{Config, OsRandom, StartError, init_logging, migrate, serve};
use coach_tokens::{PrivateKey, PublicKeyAlgorithm};

/// The accounts of PM Interview Coach. Without a command it serves; environment variables configure it.
#[derive(Parser)]
#[command(name = "pm-interview-coach", version)]
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
    /// Keys that sign access tokens.
    #[command(subcommand)]
    Keys(KeysCommand),
}

#[derive(Subcommand)]
enum KeysCommand {
    /// Makes a private key for JWT_PRIVATE_KEY_FILE, as PEM PKCS #8.
    Generate {
        /// EdDSA or ES256: the JWT_ALGORITHM that it is for.
        #[arg(long, default_value = "EdDSA")]
        algorithm: PublicKeyAlgorithm,
        /// A new file, readable for its owner alone. Without it the key is printed.
        #[arg(long)]
        out: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    let command = Cli::parse().command;
    match command {
        Some(Command::Openapi) => return print(coach_http::openapi_document()),
        Some(Command::Keys(KeysCommand::Generate { algorithm, out })) => {
            return generate_key(algorithm, out.as_deref());
        }
        Some(Command::Migrate) | None => {}
    }
    let config = match Config::load() {
        Ok(config) => config,
        Err(error) => return fail(&error, 2),
    };
    init_logging(config.debug);
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
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

fn generate_key(algorithm: PublicKeyAlgorithm, out: Option<&Path>) -> ExitCode {
    let key = match PrivateKey::generate(algorithm, &OsRandom) {
        Ok(key) => key,
        Err(error) => return fail(&format_args!("The key cannot be made: {error}."), 1),
    };
    let Some(file) = out else { return print(key.expose_pem().trim_end()) };
    // Never over a key that there is.
    let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    match created.and_then(|mut file| file.write_all(key.expose_pem().as_bytes())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format_args!("{} cannot be written: {error}.", file.display()), 1),
    }
}

fn print(text: &str) -> ExitCode {
    match writeln!(std::io::stdout(), "{text}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format_args!("Standard output cannot be written: {error}."), 1),
    }
}

/// One sentence, and the exit code that tells a mistake in the configuration (2) from everything else (1).
fn fail(error: &dyn Display, code: u8) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "pm-interview-coach: {error}");
    ExitCode::from(code)
}
