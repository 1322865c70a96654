use super::{EmailAddress, EmailError, FullName, FullNameError, NewPassword, PasswordError};

/// What somebody who registers asks for. One exists only after
/// [`AuthService::check_registration`](crate::services::AuthService::check_registration) found nothing wrong with it,
/// the password's strength included.
#[derive(Debug, Clone)]
pub struct Registration {
    pub(crate) email: EmailAddress,
    pub(crate) password: NewPassword,
    pub(crate) full_name: Option<FullName>,
}

/// What somebody typed. A member that is absent reads like an empty one.
#[derive(Clone, Copy)]
pub struct RegistrationForm<'a> {
    /// Read by [`EmailAddress::parse`].
    pub email: &'a str,
    /// Read by [`NewPassword::parse`].
    pub password: &'a str,
    /// Read by [`FullName::parse`].
    pub full_name: &'a str,
}

/// Every field that is wrong, each with its reason.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct InvalidRegistration {
    /// What is wrong with the address.
    pub email: Option<EmailError>,
    /// What is wrong with the password.
    pub password: Option<PasswordError>,
    /// What is wrong with the name.
    pub full_name: Option<FullNameError>,
}
