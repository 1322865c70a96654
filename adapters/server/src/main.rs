//! The command line of `pm-interview-coach`.

use std::{
    fmt::Display,
    fs::OpenOptions,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use coach_server::{Config, Log, StartError, migrate, serve};
use coach_tokens::{PrivateKey, PublicKeyAlgorithm};

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
    /// Manages the keys that sign access tokens.
    #[command(subcommand)]
    Keys(KeysCommand),
}

#[derive(Subcommand)]
enum KeysCommand {
    /// Generates a private key for JWT_PRIVATE_KEY_FILE, as PEM PKCS #8.
    Generate {
        /// The JWT_ALGORITHM of the key: EdDSA or ES256.
        #[arg(long, default_value = "EdDSA")]
        algorithm: PublicKeyAlgorithm,
        /// Writes the key to this new file, which only its owner can read. Prints the key by default.
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
    let log = Log::start(config.debug);
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    match run(command, config, &log) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error, if error.is_misconfiguration() { 2 } else { 1 }),
    }
}

fn run(command: Option<Command>, config: Config, log: &Log) -> Result<(), StartError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Some(Command::Migrate) => migrate(&config.database_url).await,
            _ => serve(config, log).await,
        }
    })
}

fn generate_key(algorithm: PublicKeyAlgorithm, out: Option<&Path>) -> ExitCode {
    let key = match PrivateKey::generate(algorithm) {
        Ok(key) => key,
        Err(error) => return fail(&format_args!("The key cannot be generated: {error}."), 1),
    };
    let Some(file) = out else { return print(key.expose_pem().trim_end()) };
    // `create_new` never overwrites an existing key.
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

/// Prints the error. `code` is 2 for a wrong configuration and 1 for any other error.
fn fail(error: &dyn Display, code: u8) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "pm-interview-coach: {error}");
    ExitCode::from(code)
}
