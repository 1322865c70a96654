//! The newest security events of the account, in the words of the pages.

use coach_core::domain::{AuditEntry, EventName};
use serde::Serialize;

use super::super::view::Time;

/// An event in words.
#[derive(Serialize)]
pub(in crate::pages) struct EventView {
    what: String,
    is_by_operator: bool,
    ip: Option<String>,
    at: Time,
}

impl From<&AuditEntry> for EventView {
    fn from(entry: &AuditEntry) -> Self {
        let is_by_operator = entry.origin.operator.is_some();
        // An operator's address says nothing to the person, and a command has none.
        let ip = entry.origin.ip.filter(|_| !is_by_operator).map(|ip| ip.to_string());
        Self { what: words(&entry.event), is_by_operator, ip, at: entry.at.into() }
    }
}

/// Returns what happened. An event of another version of the server keeps its name.
fn words(event: &EventName) -> String {
    let known = match event.as_str() {
        "registered" | "account-created" => "Account created",
        "logged-in" => "Signed in",
        "login-failed" => "Sign-in failed: wrong password",
        "inactive-login" => "Sign-in refused: the account was inactive",
        "logged-out" | "session-ended" => "Session signed out",
        "other-sessions-ended" => "All other sessions signed out",
        "signed-out" => "All sessions signed out",
        "refresh-replayed" => "Session ended: one of its tokens was used twice",
        "password-changed" => "Password changed",
        "password-rehashed" => "Stored password strengthened",
        "confirmation-failed" => "Wrong current password entered",
        "email-changed" => "Email changed",
        "activated" => "Account activated",
        "deactivated" => "Account deactivated",
        "code-issued" => "One-time code created",
        "code-used" => "New password set with a one-time code",
        "code-refused" => "Wrong one-time code entered",
        other => return other.replace('-', " "),
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use coach_core::domain::{AuthEvent, SessionId, UserId};

    use super::*;

    #[test]
    fn every_event_that_a_person_can_see_has_words() {
        let (user_id, session_id) = (UserId(1), SessionId::from_random([1; 16]));
        for event in [
            AuthEvent::Registered { user_id, session_id },
            AuthEvent::LoggedIn { user_id, session_id },
            AuthEvent::PasswordRehashed { user_id },
            AuthEvent::LoginFailed { user_id: Some(user_id) },
            AuthEvent::InactiveLogin { user_id },
            AuthEvent::LoggedOut { user_id, session_id },
            AuthEvent::RefreshReplayed { user_id, session_id },
            AuthEvent::SessionEnded { user_id, session_id },
            AuthEvent::OtherSessionsEnded { user_id, count: 2 },
            AuthEvent::PasswordChanged { user_id, session_id },
            AuthEvent::ConfirmationFailed { user_id },
            AuthEvent::ProfileChanged { user_id, email: true },
            AuthEvent::Activated { user_id },
            AuthEvent::Deactivated { user_id },
            AuthEvent::AccountCreated { user_id },
            AuthEvent::SignedOut { user_id, count: 2 },
            AuthEvent::CodeIssued { user_id },
            AuthEvent::CodeUsed { user_id, session_id },
            AuthEvent::CodeRefused { user_id: Some(user_id) },
        ] {
            assert!(event.is_kept());
            let words = words(&EventName::of(&event));
            assert!(words.starts_with(char::is_uppercase), "{event:?}: {words}");
        }
        assert_eq!(words(&EventName::restore("passkey-added")), "passkey added");
    }
}
