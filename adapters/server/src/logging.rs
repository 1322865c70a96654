use coach_core::{domain::AuthEvent, ports::AuditLog};
use tracing::{error, info, level_filters::LevelFilter, warn};
use tracing_subscriber::{filter::Targets, fmt, layer::SubscriberExt, util::SubscriberInitExt};

/// Sets up logging to standard error, one event a line, with times in UTC. `debug` adds details of our own crates only, because
/// libraries may log the values of statements.
///
/// Panics are logged with their location. Their messages are omitted, because they may contain secrets.
pub fn init_logging(debug: bool) {
    let ours = if debug { LevelFilter::DEBUG } else { LevelFilter::INFO };
    let targets = Targets::new()
        .with_default(LevelFilter::INFO)
        .with_target("poem", LevelFilter::WARN)
        .with_target("coach", ours);
    let layer = fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    // Fails only if the embedding program has already set up logging, which then takes precedence.
    let _ = tracing_subscriber::registry().with(layer).with(targets).try_init();
    std::panic::set_hook(Box::new(|panic| {
        error!(location = panic.location().map(tracing::field::display), "panic");
    }));
}

/// Logs audit events under the target `auth`. Each line also has the span of the request, with its id and client address.
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
            AuthEvent::PasswordRehashed { user_id } => {
                info!(target: "auth", user = user_id.0, "outdated password hash replaced");
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
