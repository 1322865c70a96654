use super::{Refusal, SessionId, UserId};

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
    /// The password or code was correct, but the account is inactive.
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
        /// Why it was refused.
        reason: Refusal,
    },
    /// A logout ended a session.
    LoggedOut {
        /// The account.
        user_id: UserId,
        /// The session that ended.
        session_id: SessionId,
    },
    /// A refresh token was exchanged for new tokens.
    Refreshed {
        /// The account.
        user_id: UserId,
        /// The session of the token.
        session_id: SessionId,
    },
    /// A spent refresh token was sent again after the grace period, so its session was ended.
    RefreshReplayed {
        /// The account.
        user_id: UserId,
        /// The session that ended.
        session_id: SessionId,
    },
    /// A user ended one of their sessions.
    SessionEnded {
        /// The user.
        user_id: UserId,
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
    /// An operator created an account.
    AccountCreated {
        /// The new account.
        user_id: UserId,
    },
    /// An operator ended every session of an account.
    SignedOut {
        /// The account.
        user_id: UserId,
        /// The number of sessions that ended.
        count: usize,
    },
    /// An operator deleted an account.
    AccountRemoved {
        /// The account.
        user_id: UserId,
    },
    /// An operator made a one-time code for a new password.
    CodeIssued {
        /// The account.
        user_id: UserId,
    },
    /// A user chose a new password with a code. A new session replaced all others.
    CodeUsed {
        /// The account.
        user_id: UserId,
        /// The session that began.
        session_id: SessionId,
    },
    /// A code was wrong, used or expired, or the account does not exist.
    CodeRefused {
        /// The account, if it exists.
        user_id: Option<UserId>,
    },
    /// An operator began to export all accounts with their password hashes. Some may have left even if no
    /// [`AccountsExported`](Self::AccountsExported) follows.
    AccountsExportBegun,
    /// An export of all accounts is complete.
    AccountsExported {
        /// The number of accounts.
        count: usize,
    },
    /// An operator imported accounts.
    AccountsImported {
        /// The number of new accounts.
        count: usize,
    },
    /// An operator took over the database of another program.
    DatabaseAdopted {
        /// The number of accounts.
        accounts: u64,
        /// The number of practice sessions.
        practice_sessions: u64,
    },
    /// Expired sessions were removed.
    ExpiredSessionsPurged {
        /// The number of sessions.
        count: usize,
    },
    /// Old entries of the audit trail were removed.
    AuditTrailPurged {
        /// The number of entries.
        count: usize,
    },
}

impl AuthEvent {
    /// Returns the name of the event in the audit trail and in metrics. A released name is never changed.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Registered { .. } => "registered",
            Self::RegistrationRefused => "registration-refused",
            Self::LoggedIn { .. } => "logged-in",
            Self::PasswordRehashed { .. } => "password-rehashed",
            Self::LoginFailed { .. } => "login-failed",
            Self::InactiveLogin { .. } => "inactive-login",
            Self::PasswordWorkRefused => "password-work-refused",
            Self::CredentialRefused { .. } => "credential-refused",
            Self::LoggedOut { .. } => "logged-out",
            Self::Refreshed { .. } => "refreshed",
            Self::RefreshReplayed { .. } => "refresh-replayed",
            Self::SessionEnded { .. } => "session-ended",
            Self::OtherSessionsEnded { .. } => "other-sessions-ended",
            Self::PasswordChanged { .. } => "password-changed",
            Self::ConfirmationFailed { .. } => "confirmation-failed",
            Self::ProfileChanged { email: false, .. } => "profile-changed",
            Self::ProfileChanged { email: true, .. } => "email-changed",
            Self::AccountDeleted { .. } => "account-deleted",
            Self::Activated { .. } => "activated",
            Self::Deactivated { .. } => "deactivated",
            Self::AccountCreated { .. } => "account-created",
            Self::SignedOut { .. } => "signed-out",
            Self::AccountRemoved { .. } => "account-removed",
            Self::CodeIssued { .. } => "code-issued",
            Self::CodeUsed { .. } => "code-used",
            Self::CodeRefused { .. } => "code-refused",
            Self::AccountsExportBegun => "accounts-export-begun",
            Self::AccountsExported { .. } => "accounts-exported",
            Self::AccountsImported { .. } => "accounts-imported",
            Self::DatabaseAdopted { .. } => "database-adopted",
            Self::ExpiredSessionsPurged { .. } => "expired-sessions-purged",
            Self::AuditTrailPurged { .. } => "audit-trail-purged",
        }
    }

    /// Returns the account that the event concerns, if it is known.
    #[must_use]
    pub fn user_id(&self) -> Option<UserId> {
        match *self {
            Self::LoginFailed { user_id } | Self::CodeRefused { user_id } => user_id,
            Self::Registered { user_id, .. }
            | Self::LoggedIn { user_id, .. }
            | Self::PasswordRehashed { user_id }
            | Self::InactiveLogin { user_id }
            | Self::LoggedOut { user_id, .. }
            | Self::Refreshed { user_id, .. }
            | Self::RefreshReplayed { user_id, .. }
            | Self::SessionEnded { user_id, .. }
            | Self::OtherSessionsEnded { user_id, .. }
            | Self::PasswordChanged { user_id, .. }
            | Self::ConfirmationFailed { user_id }
            | Self::ProfileChanged { user_id, .. }
            | Self::AccountDeleted { user_id }
            | Self::Activated { user_id }
            | Self::Deactivated { user_id }
            | Self::AccountCreated { user_id }
            | Self::SignedOut { user_id, .. }
            | Self::AccountRemoved { user_id }
            | Self::CodeIssued { user_id }
            | Self::CodeUsed { user_id, .. } => Some(user_id),
            Self::RegistrationRefused
            | Self::PasswordWorkRefused
            | Self::CredentialRefused { .. }
            | Self::AccountsExportBegun
            | Self::AccountsExported { .. }
            | Self::AccountsImported { .. }
            | Self::DatabaseAdopted { .. }
            | Self::ExpiredSessionsPurged { .. }
            | Self::AuditTrailPurged { .. } => None,
        }
    }

    /// Returns the session that the event concerns, if there is one.
    #[must_use]
    pub fn session_id(&self) -> Option<SessionId> {
        match *self {
            Self::CredentialRefused { session_id, .. } => session_id,
            Self::Registered { session_id, .. }
            | Self::LoggedIn { session_id, .. }
            | Self::LoggedOut { session_id, .. }
            | Self::Refreshed { session_id, .. }
            | Self::RefreshReplayed { session_id, .. }
            | Self::SessionEnded { session_id, .. }
            | Self::PasswordChanged { session_id, .. }
            | Self::CodeUsed { session_id, .. } => Some(session_id),
            _ => None,
        }
    }

    /// Returns what the event says besides its account and its session.
    #[must_use]
    pub fn details(&self) -> Option<String> {
        match self {
            Self::OtherSessionsEnded { count, .. }
            | Self::SignedOut { count, .. }
            | Self::AccountsExported { count }
            | Self::AccountsImported { count } => Some(format!("count={count}")),
            Self::DatabaseAdopted { accounts, practice_sessions } => {
                Some(format!("accounts={accounts} practice_sessions={practice_sessions}"))
            }
            Self::CredentialRefused { reason, .. } => Some(reason.to_string()),
            _ => None,
        }
    }

    /// Returns whether the audit trail keeps the event.
    ///
    /// It keeps what changes who can sign in, and each password that was tried. It leaves out the routine, and everything
    /// that a client can cause at no cost, because that would fill the storage.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        !matches!(
            self,
            Self::PasswordWorkRefused
                | Self::CredentialRefused { .. }
                | Self::Refreshed { .. }
                | Self::OtherSessionsEnded { count: 0, .. }
                | Self::ProfileChanged { email: false, .. }
                | Self::ExpiredSessionsPurged { .. }
                | Self::AuditTrailPurged { .. }
        )
    }
}
