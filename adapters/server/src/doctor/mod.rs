//! Checks whether the server can run well, without changing anything.

mod configuration;
mod database;
mod keys;
mod listeners;
mod machine;
mod traces;
mod web;

use self::database::DatabaseCheck;
use crate::Config;

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    Ok,
    /// The server runs, but something is probably not as intended.
    Warning,
    /// The server does not start, does not work or is not safe.
    Problem,
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// What was checked and found, and what to do about it. Texts are sentences without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) check: &'static str,
    pub(crate) state: State,
    pub(crate) found: String,
    pub(crate) advice: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, state: State::Ok, found: found.into(), advice: None }
    }

    fn warning(check: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        let (found, advice) = (found.into(), Some(advice.into()));
        Self { check, state: State::Warning, found, advice }
    }

    fn problem(check: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        let (found, advice) = (found.into(), Some(advice.into()));
        Self { check, state: State::Problem, found, advice }
    }
}

/// Runs every check. With a configuration that cannot be used, only that is reported.
pub(crate) async fn examine() -> Vec<Finding> {
    let (mut findings, config) = configuration::examine();
    if let Some(config) = config {
        examine_configured(&config, &mut findings).await;
    }
    findings
}

async fn examine_configured(config: &Config, findings: &mut Vec<Finding>) {
    let DatabaseCheck { findings: of_database, server_time, newest } =
        database::examine(&config.database_url, config.auto_migrate).await;
    findings.extend(of_database);
    findings.extend(keys::examine(config));
    findings.push(machine::clock(server_time, newest));
    findings.extend(web::cookies(config));
    findings.extend(listeners::examine(config).await);
    findings.extend(traces::examine(config.traces.as_ref()).await);
    findings.push(machine::file_limit(config.max_connections));
    findings.push(machine::hash_time().await);
    findings.push(machine::memory(config.hash_threads));
}
