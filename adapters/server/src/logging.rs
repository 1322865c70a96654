mod json;
mod writer;

use std::{fmt, io, time::Duration};

use coach_core::domain::AuthEvent;
use coach_http::RequestContext;
use coach_opentelemetry::trace_id;
use tokio::time::{MissedTickBehavior, interval};
use tracing::{Event, Subscriber, error, info, level_filters::LevelFilter, warn};
use tracing_subscriber::{
    filter::Targets,
    fmt::{
        FmtContext, FormatEvent, FormatFields, format,
        time::{FormatTime, SystemTime},
    },
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

pub(crate) use self::writer::DroppedLines;
use self::writer::{LogThread, LogWriter};
use crate::{config::LogFormat, progress::StandardError};

/// The target of the line about each request.
pub(crate) const ACCESS: &str = "access";
const REPORT_INTERVAL: Duration = Duration::from_secs(60);

/// The log of the process. Waiting lines are written when this is dropped.
pub struct Log {
    dropped: DroppedLines,
    _thread: LogThread,
}

impl Log {
    /// Sets up logging to standard error, one event a line, with times in UTC. `debug` adds details of our own crates only,
    /// because libraries may log the values of statements. JSON has a line about each request.
    ///
    /// A thread of its own writes the lines, so a reader that stops reading delays no request.
    ///
    /// Panics are logged with their location. Their messages are omitted, because they may contain secrets.
    ///
    /// # Errors
    ///
    /// The error of the operating system if the thread cannot be started.
    pub fn start(format: LogFormat, debug: bool) -> io::Result<Self> {
        let (writer, thread) = LogWriter::start(StandardError)?;
        let dropped = writer.dropped_lines();
        let ours = if debug { LevelFilter::DEBUG } else { LevelFilter::INFO };
        // With `debug`, a line of our own has the path too.
        let requests = match format {
            LogFormat::Pretty => LevelFilter::OFF,
            LogFormat::Json => LevelFilter::INFO,
        };
        let targets = Targets::new()
            .with_default(LevelFilter::INFO)
            .with_target("poem", LevelFilter::WARN)
            .with_target("hyper", LevelFilter::ERROR)
            .with_target("coach", ours)
            .with_target(ACCESS, requests);
        let lines = Lines(format);
        let layer = tracing_subscriber::fmt::layer().event_format(lines).with_writer(writer);
        // Fails only if the embedding program has already set up logging, which then takes precedence.
        let _ = tracing_subscriber::registry().with(layer).with(targets).try_init();
        std::panic::set_hook(Box::new(|panic| {
            error!(location = panic.location().map(tracing::field::display), "panic");
        }));
        Ok(Self { dropped, _thread: thread })
    }

    /// Returns the number of dropped lines, which stays current.
    pub(crate) fn dropped_lines(&self) -> DroppedLines {
        self.dropped.clone()
    }

    /// Logs once a minute how many lines were dropped, if there are more. Never completes.
    pub(crate) async fn report_dropped_lines(&self) {
        let mut ticks = interval(REPORT_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut reported = 0;
        loop {
            ticks.tick().await;
            let dropped = self.dropped.count();
            if dropped > reported {
                warn!(
                    dropped,
                    "log lines dropped since the start: standard error is not read in time"
                );
                reported = dropped;
            }
        }
    }
}

/// Formats a line: time, level, the request that caused it and its trace, target, message and fields.
struct Lines(LogFormat);

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut line: format::Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        if self.0 == LogFormat::Json {
            return json::write_event(&mut line, event);
        }
        let metadata = event.metadata();
        SystemTime.format_time(&mut line)?;
        write!(line, " {:>5} ", metadata.level())?;
        if let Some(written) = RequestContext::with_current(|request| write!(line, "{request}: ")) {
            written?;
        }
        if let Some(trace) = trace_id() {
            write!(line, "trace{{id={trace}}}: ")?;
        }
        write!(line, "{}: ", metadata.target())?;
        context.field_format().format_fields(line.by_ref(), event)?;
        writeln!(line)
    }
}

/// Logs an event under the target `auth`. The line also has the id and the client address of the request.
pub(crate) fn log_event(event: AuthEvent) {
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
        AuthEvent::CredentialRefused { session_id, reason } => {
            let session = session_id.map(tracing::field::display);
            warn!(target: "auth", session, reason = reason.as_str(), "credential refused");
        }
        AuthEvent::LoggedOut { user_id, session_id } => {
            info!(target: "auth", user = user_id.0, session = %session_id, "logged out");
        }
        AuthEvent::Refreshed { user_id, session_id } => {
            info!(target: "auth", user = user_id.0, session = %session_id, "refreshed");
        }
        AuthEvent::RefreshReplayed { user_id, session_id } => {
            let session = tracing::field::display(session_id);
            warn!(target: "auth", user = user_id.0, session, "spent refresh token replayed: session ended");
        }
        AuthEvent::SessionEnded { user_id, session_id } => {
            info!(target: "auth", user = user_id.0, session = %session_id, "session ended by its user");
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
        AuthEvent::AccountCreated { user_id } => {
            info!(target: "auth", user = user_id.0, "account created by an operator");
        }
        AuthEvent::SignedOut { user_id, count } => {
            info!(target: "auth", user = user_id.0, count, "all sessions ended by an operator");
        }
        AuthEvent::AccountRemoved { user_id } => {
            info!(target: "auth", user = user_id.0, "account deleted by an operator");
        }
        AuthEvent::CodeIssued { user_id } => {
            info!(target: "auth", user = user_id.0, "password code issued");
        }
        AuthEvent::CodeUsed { user_id, session_id } => {
            info!(target: "auth", user = user_id.0, session = %session_id, "password set with a code");
        }
        AuthEvent::CodeRefused { user_id } => {
            warn!(target: "auth", user = user_id.map(|id| id.0), "password code refused");
        }
        AuthEvent::AccountsExportBegun => {
            info!(target: "auth", "export of accounts with password hashes begun");
        }
        AuthEvent::AccountsExported { count } => {
            info!(target: "auth", count, "accounts exported with password hashes");
        }
        AuthEvent::AccountsImported { count } => {
            info!(target: "auth", count, "accounts imported");
        }
        AuthEvent::DatabaseAdopted { accounts, practice_sessions } => {
            info!(target: "auth", accounts, practice_sessions, "database adopted");
        }
        AuthEvent::ExpiredSessionsPurged { count } => {
            info!(target: "auth", count, "expired sessions removed");
        }
        AuthEvent::AuditTrailPurged { count } => {
            info!(target: "auth", count, "old audit events removed");
        }
    }
}
