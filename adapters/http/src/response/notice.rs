/// What has just happened, in words. The next page shows it once.
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
    const ALL: [Self; 10] = [
        Self::AccountCreated,
        Self::AccountDeleted,
        Self::OtherSessionsEnded,
        Self::PasswordChanged,
        Self::PracticeEnded,
        Self::PracticeStarted,
        Self::ProfileSaved,
        Self::SessionEnded,
        Self::SignedOut,
        Self::YourSessionEnded,
    ];

    /// Returns the notice with this name, if there is one.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|notice| notice.name() == name)
    }

    /// Returns the value of the cookie. The cookie holds no text, so that nobody can make a page say something else.
    pub(crate) const fn name(self) -> &'static str {
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

    /// Returns whether the user did it, and not someone else or time.
    pub(crate) const fn is_success(self) -> bool {
        !matches!(self, Self::YourSessionEnded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_notice_is_in_all_and_found_by_its_name() {
        for notice in Notice::ALL {
            assert_eq!(Notice::named(notice.name()), Some(notice));
        }
        // The last variant's number shows that the list is complete.
        assert_eq!(Notice::YourSessionEnded as usize + 1, Notice::ALL.len());
        assert_eq!(Notice::named("nothing"), None);
    }
}
