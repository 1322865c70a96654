use crate::domain::{SessionId, UserId};

/// Writes down who was let in and who was not (ASVS 5.0, 16.3.1 to 16.3.3).
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait AuditLog: Send + Sync {
    /// Writes one event. It MUST NOT fail or wait.
    fn record(&self, event: AuthEvent);
}

/// The outcome of an authentication. No event holds an address, a password or a token: people type passwords into
/// the wrong field, and a log is read by many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthEvent {
    /// An account was registered and its first session began.
    Registered {
        /// The new account.
        user_id: UserId,
        /// Its first session.
        session_id: SessionId,
    },
    /// A registration was refused because the address is taken.
    RegistrationRefused,
    /// A password was right and a session began.
    LoggedIn {
        /// Whose password it was.
        user_id: UserId,
        /// The session that began.
        session_id: SessionId,
    },
    /// A password was wrong, or there is no such account.
    LoginFailed {
        /// The account, if there is one.
        user_id: Option<UserId>,
    },
    /// The password was right, but the account is inactive.
    InactiveLogin {
        /// The account.
        user_id: UserId,
    },
    /// Password work was refused because too much is waiting.
    PasswordWorkRefused,
    /// A credential was refused: forged, expired, of a session that is over or of an inactive account.
    CredentialRefused {
        /// The session it names, if it is a token of ours.
        session_id: Option<SessionId>,
    },
    /// A session was ended by a logout.
    LoggedOut {
        /// The session that ended.
        session_id: SessionId,
    },
    /// A refresh token was traded for new tokens.
    Refreshed {
        /// The session whose token it is.
        session_id: SessionId,
    },
    /// A refresh token that was spent before was presented again: its session has ended.
    RefreshReplayed {
        /// The session that ended.
        session_id: SessionId,
    },
    /// A user ended one of their sessions.
    SessionEnded {
        /// The session that ended.
        session_id: SessionId,
    },
    /// A user ended all their sessions but the present one.
    OtherSessionsEnded {
        /// Whose sessions they were.
        user_id: UserId,
        /// How many.
        count: usize,
    },
    /// A user changed their password; a new session has taken the place of all others.
    PasswordChanged {
        /// Whose password it is.
        user_id: UserId,
        /// The session that began.
        session_id: SessionId,
    },
    /// A change of password was refused, because the current one was wrong.
    PasswordChangeRefused {
        /// Whose session it was.
        user_id: UserId,
    },
    /// Sessions that were over were removed.
    ExpiredSessionsPurged {
        /// How many.
        count: usize,
    },
}
