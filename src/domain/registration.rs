use super::{EmailAddress, EmailError, FullName, FullNameError, NewPassword, PasswordError};

/// A registration, valid but for the strength of the password.
#[derive(Debug, Clone)]
pub struct Registration {
    /// The address of the new account.
    pub email: EmailAddress,
    /// The password of the new account.
    pub password: NewPassword,
    /// The name of the person, if they gave one.
    pub full_name: Option<FullName>,
}

/// Every field of a registration that is not valid, with the reason.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct InvalidRegistration {
    /// What is wrong with the address.
    pub email: Option<EmailError>,
    /// What is wrong with the password.
    pub password: Option<PasswordError>,
    /// What is wrong with the name.
    pub full_name: Option<FullNameError>,
}

impl Registration {
    /// Parses what a person typed.
    ///
    /// # Errors
    ///
    /// [`InvalidRegistration`] has every bad field, so that a person corrects them all at once.
    pub fn parse(
        email: &str,
        password: &str,
        full_name: &str,
    ) -> Result<Self, InvalidRegistration> {
        let email = EmailAddress::parse(email);
        let password = NewPassword::parse(password);
        match (email, password, FullName::parse(full_name)) {
            (Ok(email), Ok(password), Ok(full_name)) => Ok(Self { email, password, full_name }),
            (email, password, full_name) => Err(InvalidRegistration {
                email: email.err(),
                password: password.err(),
                full_name: full_name.err(),
            }),
        }
    }
}
