use coach_core::{domain::AuthEvent, ports::AuditLog};
use tracing::{error, info, level_filters::LevelFilter, warn};
use tracing_subscriber::{filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// Writes log lines to standard error, one event a line, with times in UTC. `debug` adds our own details; what libraries
/// say in detail may hold values of a statement, and stays out.
///
/// A panic becomes a line too, with its place and without its message, which may hold anything.
pub fn init_logging(debug: bool) {
    let ours = if debug { LevelFilter::DEBUG } else { LevelFilter::INFO };
    let targets = Targets::new()
        .with_default(LevelFilter::INFO)
        .with_target("poem", LevelFilter::WARN)
        .with_target("coach", ours);
    let layer = fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    // Fails only if a program that embeds this crate has set up its own logging, which is then the right one.
    let _ = tracing_subscriber::registry().with(layer).with(targets).try_init();
    std::panic::set_hook(Box::new(|panic| {
        error!(location = panic.location().map(tracing::field::display), "panic");
    }));
}

/// Writes the outcomes of authentications to the log, under the target `auth`. The line also carries the span of the
/// request: its id and the client's address.
pub(crate) struct TracingAuditLog;

impl AuditLog for TracingAuditLog {
    fn record(&self, event: AuthEvent) {
        match event {
            AuthEvent::Registered { user_id, session_id } => {
                info!(target: "auth", user = user_id.0, session = %session_id, "registered");
            }
            AuthEvent::RegistrationRefused => {
                warn!(target: "auth", "registration refused: address taken");
            }
            AuthEvent::LoggedIn { user_id, session_id } => {
                info!(target: "auth", user = user_id.0, session = %session_id, "logged in");
            }
            AuthEvent::LoginFailed { user_id } => {
                warn!(target: "auth", user = user_id.map(|id| id.0), "login failed");
            }
            AuthEvent::InactiveLogin { user_id } => {
                warn!(target: "auth", user = user_id.0, "login refused: account inactive");
            }
            AuthEvent::PasswordWorkRefused => {
                warn!(target: "auth", "password work refused: queue full");
            }
            AuthEvent::CredentialRefused { session_id } => {
                let session = session_id.map(tracing::field::display);
                warn!(target: "auth", session, "credential refused");
            }
            AuthEvent::LoggedOut { session_id } => {
                info!(target: "auth", session = %session_id, "logged out");
            }
            AuthEvent::Refreshed { session_id } => {
                info!(target: "auth", session = %session_id, "refreshed");
            }
            AuthEvent::RefreshReplayed { session_id } => {
                warn!(target: "auth", session = %session_id, "spent refresh token replayed: session ended");
            }
            AuthEvent::SessionEnded { session_id } => {
                info!(target: "auth", session = %session_id, "session ended by its user");
            }
            AuthEvent::OtherSessionsEnded { user_id, count } => {
                info!(target: "auth", user = user_id.0, count, "other sessions ended by their user");
            }
            AuthEvent::PasswordChanged { user_id, session_id } => {
                info!(target: "auth", user = user_id.0, session = %session_id, "password changed");
            }
            AuthEvent::ConfirmationFailed { user_id } => {
                warn!(target: "auth", user = user_id.0, "current password wrong");
            }
            AuthEvent::ProfileChanged { user_id, email } => {
                info!(target: "auth", user = user_id.0, email, "profile changed");
            }
            AuthEvent::AccountDeleted { user_id } => {
                info!(target: "auth", user = user_id.0, "account deleted by its user");
            }
            AuthEvent::Activated { user_id } => {
                info!(target: "auth", user = user_id.0, "account activated");
            }
            AuthEvent::Deactivated { user_id } => {
                info!(target: "auth", user = user_id.0, "account deactivated");
            }
            AuthEvent::ExpiredSessionsPurged { count } => {
                info!(target: "auth", count, "expired sessions removed");
            }
        }
    }
}
