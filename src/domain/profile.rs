use super::{EmailAddress, FullName, Password, PasswordHash};

/// A change to a profile that a user asks for. A field that is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct ProfileUpdate {
    /// The new name, or none.
    pub full_name: Option<Option<FullName>>,
    /// The new address.
    pub email: Option<EmailUpdate>,
}

/// A new email address and the password that confirms it.
#[derive(Debug, Clone)]
pub struct EmailUpdate {
    /// The new address.
    pub email: EmailAddress,
    /// The present password of the account.
    pub current_password: Password,
}

/// A change to a profile, after the password was verified if that is needed. A field that is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct ProfileChange {
    /// The new name, or none.
    pub full_name: Option<Option<FullName>>,
    /// The new address, and the hash that the password was compared with.
    pub email: Option<(EmailAddress, PasswordHash)>,
}
