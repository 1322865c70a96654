//! Commands that act on accounts, in the name of the operator who runs them.

use std::fs;

use coach_core::{
    domain::OperatorName,
    services::{AuthService, Operator},
};
use nix::unistd::{Uid, User, getuid};

use crate::{Config, StartError, compose, database};

/// The user who logged in to the machine (`man 5 proc`). The number does not change with `sudo` or `su`.
const LOGIN_USER: &str = "/proc/self/loginuid";
/// The number of no user, for a process that nobody's login started.
const UNSET: u32 = u32::MAX;

/// Builds the core and does the work of a command with it. Every event names the operator, and is stored before this returns.
/// It does not create an SQLite database.
///
/// # Errors
///
/// [`StartError`] if the core cannot be built, or if an event of the work is missing in the audit trail.
pub(crate) async fn act<T>(
    config: &Config,
    work: impl AsyncFnOnce(&AuthService) -> T,
) -> Result<T, StartError> {
    let repositories = database::open_existing(&config.database_url, config.auto_migrate).await?;
    let keys = compose::keys(config)?;
    let core = compose::core(config, &keys, repositories, operator(), None)?;
    let done = work(&core.auth).await;
    core.audit.finish().await?;
    Ok(done)
}

/// Builds the use cases of an operator, which need no key, and does the work of a command with them. Every event names the
/// operator, and is stored before this returns. It does not create an SQLite database.
///
/// # Errors
///
/// See [`act`].
pub(crate) async fn manage<T>(
    config: &Config,
    work: impl AsyncFnOnce(&Operator) -> T,
) -> Result<T, StartError> {
    let repositories = database::open_existing(&config.database_url, config.auto_migrate).await?;
    let (service, audit) = compose::operator(config, repositories, operator())?;
    let done = work(&service).await;
    audit.finish().await?;
    Ok(done)
}

/// Returns the system user name of the person who runs this process.
///
/// That is the user who logged in, because operators often become a service account with `sudo`. Without a login it is
/// the user of the process. The environment does not count: anyone can set `SUDO_USER`.
fn operator() -> Option<OperatorName> {
    let login = fs::read_to_string(LOGIN_USER).ok().and_then(|text| text.trim().parse().ok());
    let uid = login.filter(|uid| *uid != UNSET).map_or_else(getuid, Uid::from_raw);
    let user = User::from_uid(uid).ok().flatten();
    OperatorName::read(&user.map_or_else(|| format!("uid {uid}"), |user| user.name))
}
