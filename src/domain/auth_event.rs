use super::{SessionId, UserId};

/// The outcome of an authentication or of a change to an account. No event holds an address, a password or a token: people
/// type passwords into the wrong field, and many people read a log.
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
    /// The password was right and a session began.
    LoggedIn {
        /// The account.
        user_id: UserId,
        /// The session that began.
        session_id: SessionId,
    },
    /// The password was wrong, or there is no such account.
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
    /// A credential was refused: forged, expired, of an ended session or of an inactive account.
    CredentialRefused {
        /// The session that it names, if it is one of our tokens.
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
    /// A refresh token was presented again after its grace time, so its session was ended.
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
    /// A user who repeated their password to confirm a change got it wrong.
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
