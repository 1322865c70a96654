use std::{fs, os::unix::fs::PermissionsExt};

use super::Finding;
use crate::Config;

const CHECK: &str = "configuration";
const ADVICE: &str =
    "Correct it in the environment or in .env; .env.example describes every variable.";

/// Variables that may hold a secret.
const SECRETS: [&str; 5] = [
    "JWT_SECRET",
    "JWT_PREVIOUS_SECRETS",
    "DATABASE_URL",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
];

/// Returns the configuration, if it can be used.
pub(super) fn examine() -> (Vec<Finding>, Option<Config>) {
    let (config, errors) = Config::diagnose();
    let mut findings: Vec<_> =
        errors.iter().map(|error| Finding::problem(CHECK, error.to_string(), ADVICE)).collect();
    let Some(config) = config.filter(|_| findings.is_empty()) else { return (findings, None) };
    let source = match fs::metadata(".env") {
        Ok(_) => "Environment variables and .env are valid.",
        Err(_) => "Environment variables are valid. There is no .env in the working directory.",
    };
    findings.push(Finding::ok(CHECK, source));
    for warning in &config.warnings {
        let text = if warning.ends_with('?') { warning.clone() } else { format!("{warning}.") };
        findings.push(Finding::warning(CHECK, text, ADVICE));
    }
    findings.extend(dotenv_mode());
    (findings, Some(config))
}

/// Warns if other users can read `.env`, which may hold secrets.
fn dotenv_mode() -> Option<Finding> {
    let mode = fs::metadata(".env").ok()?.permissions().mode() & 0o777;
    let content = fs::read_to_string(".env").ok()?;
    let has_secret = content.lines().any(|line| {
        let line = line.trim_start();
        SECRETS.iter().any(|name| line.starts_with(name))
    });
    (has_secret && mode & 0o077 != 0).then(|| {
        let found = format!("Other users can read .env (mode {mode:04o}), which holds secrets.");
        Finding::warning(CHECK, found, "Run `chmod 600 .env`.")
    })
}
