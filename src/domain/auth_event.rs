use super::{SessionId, UserId};

/// The outcome of an authentication or of a change to an account.
///
/// No event contains an email address, a password or a token. Users type passwords into the wrong field, and logs have
/// many readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthEvent {
    /// An account was registered and its first session began.
    Registered {
        /// The new account.
        user_id: UserId,
        /// Its first session.
        session_id: SessionId,
    },
    /// A registration was refused because the email address is taken.
    RegistrationRefused,
    /// The password was correct and a session began.
    LoggedIn {
        /// The account.
        user_id: UserId,
        /// The session that began.
        session_id: SessionId,
    },
    /// A login replaced an outdated password hash.
    PasswordRehashed {
        /// The account.
        user_id: UserId,
    },
    /// The password was wrong, or the account does not exist.
    LoginFailed {
        /// The account, if it exists.
        user_id: Option<UserId>,
    },
    /// The password was correct, but the account is inactive.
    InactiveLogin {
        /// The account.
        user_id: UserId,
    },
    /// A password was not hashed, verified or judged because the queue is full.
    PasswordWorkRefused,
    /// A credential was refused: it is forged or expired, its session has ended, or its account is inactive.
    CredentialRefused {
        /// The session that the credential names, if it is an authentic token.
        session_id: Option<SessionId>,
    },
    /// A logout ended a session.
    LoggedOut {
        /// The session that ended.
        session_id: SessionId,
    },
    /// A refresh token was exchanged for new tokens.
    Refreshed {
        /// The session of the token.
        session_id: SessionId,
    },
    /// A spent refresh token was sent again after the grace period, so its session was ended.
    RefreshReplayed {
        /// The session that ended.
        session_id: SessionId,
    },
    /// A user ended one of their sessions.
    SessionEnded {
        /// The session that ended.
        session_id: SessionId,
    },
    /// A user ended all their sessions except the current one.
    OtherSessionsEnded {
        /// The user.
        user_id: UserId,
        /// The number of sessions that ended.
        count: usize,
    },
    /// A user changed their password. A new session replaced all others.
    PasswordChanged {
        /// The account.
        user_id: UserId,
        /// The session that began.
        session_id: SessionId,
    },
    /// A user entered a wrong password to confirm a change.
    ConfirmationFailed {
        /// The account.
        user_id: UserId,
    },
    /// A user changed their profile.
    ProfileChanged {
        /// The account.
        user_id: UserId,
        /// Whether the email address changed.
        email: bool,
    },
    /// A user deleted their account.
    AccountDeleted {
        /// The account.
        user_id: UserId,
    },
    /// An operator activated an account.
    Activated {
        /// The account.
        user_id: UserId,
    },
    /// An operator deactivated an account, which ended its sessions.
    Deactivated {
        /// The account.
        user_id: UserId,
    },
    /// Expired sessions were removed.
    ExpiredSessionsPurged {
        /// The number of sessions.
        count: usize,
    },
}
