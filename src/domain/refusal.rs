use std::fmt;

/// Why a credential was refused. It is for the operators' log: the client does not learn it, because it helps attackers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It does not have the form of a credential.
    Malformed,
    /// It names a key that is not configured.
    UnknownKey,
    /// Its signature or checksum is wrong.
    Forged,
    /// It is authentic, but its claims are not those of our access tokens.
    WrongClaims,
    /// It is not valid yet.
    NotYetValid,
    /// It has expired.
    Expired,
    /// It names another user than its session has.
    OtherUser,
    /// Its session has ended, or never existed.
    SessionEnded,
    /// Its session has expired, or is stamped in the future.
    SessionExpired,
    /// The account is inactive.
    AccountInactive,
}

impl Refusal {
    /// Returns the name of the reason.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnknownKey => "unknown-key",
            Self::Forged => "bad-signature",
            Self::WrongClaims => "wrong-claims",
            Self::NotYetValid => "not-yet-valid",
            Self::Expired => "expired",
            Self::OtherUser => "other-user",
            Self::SessionEnded => "session-ended",
            Self::SessionExpired => "session-expired",
            Self::AccountInactive => "account-inactive",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
