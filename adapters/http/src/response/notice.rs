//! What has just happened, in words. A cookie carries it to the next page, which shows it once.

use sha2::{Digest, Sha256};

/// What has just happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notice {
    AccountCreated,
    AccountDeleted,
    OtherSessionsEnded,
    PasswordChanged,
    PracticeEnded,
    PracticeStarted,
    ProfileSaved,
    SessionEnded,
    SignedOut,
    /// The session of the browser ended elsewhere or by time.
    YourSessionEnded,
}

impl Notice {
    /// The notices that a cookie can carry. The page that finds a dead session gives the other one.
    const CARRIED: [Self; 9] = [
        Self::AccountCreated,
        Self::AccountDeleted,
        Self::OtherSessionsEnded,
        Self::PasswordChanged,
        Self::PracticeEnded,
        Self::PracticeStarted,
        Self::ProfileSaved,
        Self::SessionEnded,
        Self::SignedOut,
    ];

    /// Returns the value of the cookie for a browser with this session: a name and a proof. Returns `None` if there is no
    /// session to prove it with.
    ///
    /// Another host of the domain can set a cookie of this name unless it has the prefix `__Host-`, which needs https. It
    /// must not frighten people with a false "Your account is deleted". It cannot read the session's secret, so a digest of
    /// the secret is the proof. A key of the server would prove no more, and every server of a fleet would need it.
    pub(crate) fn seal(self, secret: Option<&str>) -> Option<String> {
        let name = self.name();
        if self == Self::SignedOut {
            return Some(name.to_owned());
        }
        let digest = Sha256::digest(format!("{name}:{}", secret?));
        Some(format!("{name}.{}", base16ct::lower::encode_string(&digest[..16])))
    }

    /// Returns the notice that [`seal`](Self::seal) has sealed with the secret of the session.
    pub(crate) fn unseal(value: &str, secret: Option<&str>) -> Option<Self> {
        Self::CARRIED.into_iter().find(|notice| notice.seal(secret).as_deref() == Some(value))
    }

    const fn name(self) -> &'static str {
        match self {
            Self::AccountCreated => "account-created",
            Self::AccountDeleted => "account-deleted",
            Self::OtherSessionsEnded => "other-sessions-ended",
            Self::PasswordChanged => "password-changed",
            Self::PracticeEnded => "practice-ended",
            Self::PracticeStarted => "practice-started",
            Self::ProfileSaved => "profile-saved",
            Self::SessionEnded => "session-ended",
            Self::SignedOut => "signed-out",
            Self::YourSessionEnded => "your-session-ended",
        }
    }

    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::AccountCreated => "Welcome! Your account is ready.",
            Self::AccountDeleted => "Your account and all its data are deleted.",
            Self::OtherSessionsEnded => "You are signed out everywhere else.",
            Self::PasswordChanged => "Password changed. You are signed out everywhere else.",
            Self::PracticeEnded => "Practice session ended.",
            Self::PracticeStarted => "Practice session started.",
            Self::ProfileSaved => "Profile saved.",
            Self::SessionEnded => "Session signed out.",
            Self::SignedOut => "You are signed out.",
            Self::YourSessionEnded => "Your session has ended. Sign in again.",
        }
    }

    /// Returns whether the page scrolls to what the notice is about, so that its top is out of sight.
    pub(crate) const fn is_elsewhere(self) -> bool {
        matches!(self, Self::OtherSessionsEnded | Self::PracticeEnded | Self::SessionEnded)
    }

    /// Returns whether the user did it, and not someone else or time.
    pub(crate) const fn is_success(self) -> bool {
        !matches!(self, Self::YourSessionEnded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "5ec4e7";

    #[test]
    fn every_notice_that_can_be_carried_is_found_again() {
        for notice in Notice::CARRIED {
            let value = notice.seal(Some(SECRET)).unwrap();
            assert_eq!(Notice::unseal(&value, Some(SECRET)), Some(notice));
        }
        // The last variant's number shows that the list is complete.
        assert_eq!(Notice::YourSessionEnded as usize, Notice::CARRIED.len());
        let ended = Notice::YourSessionEnded.seal(Some(SECRET)).unwrap();
        assert_eq!(Notice::unseal(&ended, Some(SECRET)), None);
    }

    #[test]
    fn notice_belongs_to_one_session() {
        for notice in Notice::CARRIED.into_iter().filter(|notice| *notice != Notice::SignedOut) {
            let value = notice.seal(Some(SECRET)).unwrap();
            for other in [None, Some(""), Some("5ec4e8")] {
                assert_eq!(Notice::unseal(&value, other), None, "{value}");
                assert_eq!(Notice::unseal(notice.name(), other), None);
            }
            assert_eq!(notice.seal(None), None);
        }
        // After a sign-out there is no session, and the notice is true for everyone who has none.
        assert_eq!(Notice::unseal("signed-out", None), Some(Notice::SignedOut));
    }
}
