use super::{EmailAddress, EmailError, FullName, FullNameError, NewPassword, PasswordError};

/// A valid registration. The strength of the password is not checked yet.
#[derive(Debug, Clone)]
pub struct Registration {
    /// The email address of the new account.
    pub email: EmailAddress,
    /// The password of the new account.
    pub password: NewPassword,
    /// The name of the user, if they gave one.
    pub full_name: Option<FullName>,
}

/// Every invalid field of a registration, with the reason.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct InvalidRegistration {
    /// The error of the email address, if it is invalid.
    pub email: Option<EmailError>,
    /// The error of the password, if it is invalid.
    pub password: Option<PasswordError>,
    /// The error of the name, if it is invalid.
    pub full_name: Option<FullNameError>,
}

impl Registration {
    /// Parses the fields of a registration. A blank `full_name` means none.
    ///
    /// How easy the password is to guess is judged later, when all fields are valid. An estimate needs the email address and
    /// the name, and it is expensive: an invalid request would keep others waiting. So a person can learn in a second step
    /// that the password is weak, but never that it is too short or too long.
    ///
    /// # Errors
    ///
    /// [`InvalidRegistration`] lists every invalid field, so that the user can correct them all at once.
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
