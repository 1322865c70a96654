use super::{EmailAddress, FullName, Password, PasswordHash};

/// A change to a profile, as the user requests it. A field that is `None` does not change.
#[derive(Debug, Clone, Default)]
pub struct ProfileUpdate {
    /// The new name. `Some(None)` removes it.
    pub full_name: Option<Option<FullName>>,
    /// The new email address.
    pub email: Option<EmailUpdate>,
}

/// A new email address and the password that confirms it.
#[derive(Debug, Clone)]
pub struct EmailUpdate {
    /// The new email address.
    pub email: EmailAddress,
    /// The current password of the account.
    pub current_password: Password,
}

/// A change to a profile, after the password check that a new email address needs. A field that is `None` does not
/// change.
#[derive(Debug, Clone, Default)]
pub struct ProfileChange {
    /// The new name. `Some(None)` removes it.
    pub full_name: Option<Option<FullName>>,
    /// The new email address, and the password hash that was verified.
    pub email: Option<(EmailAddress, PasswordHash)>,
}
