use super::Operator;
use crate::{
    domain::{
        AuthEvent, EmailAddress, FullName, NewPassword, NewPasswordCode, NewUser, PasswordHash,
        User,
    },
    ports::SaveUserError,
    services::ChoosePasswordError,
};

/// An account that an operator creates.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// The email address of the new account.
    pub email: EmailAddress,
    /// The name of the user, if it is known.
    pub full_name: Option<FullName>,
    /// The password, unless the user chooses it with a code.
    pub password: Option<NewPassword>,
}

/// A new account.
#[derive(Debug, Clone)]
pub struct CreatedAccount {
    /// The account.
    pub user: User,
    /// The code with which the user chooses a password, if the account has none.
    pub code: Option<NewPasswordCode>,
}

/// An account was not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateAccountError {
    /// The password is too easy to guess, or could not be judged or hashed.
    #[error(transparent)]
    Choose(#[from] ChoosePasswordError),
    /// Another account has the email address, or the repository failed.
    #[error(transparent)]
    Save(#[from] SaveUserError),
}

impl Operator {
    /// Creates an account. Without a password the account gets a one-time code, and nobody can log in before it is used.
    ///
    /// # Errors
    ///
    /// See [`CreateAccountError`].
    pub async fn create(&self, account: NewAccount) -> Result<CreatedAccount, CreateAccountError> {
        let NewAccount { email, full_name, password } = account;
        let (password_hash, code) = match password {
            Some(password) => {
                let choice = self.password_choice();
                let chosen = choice.choose(password, &email, full_name.as_ref()).await?;
                (choice.hash(&chosen).await?, None)
            }
            None => (PasswordHash::none(), Some(self.new_code())),
        };
        let created_at = self.ports.clock.now();
        let user = NewUser { email, full_name, password_hash, created_at };
        let user = self.ports.accounts.add(user, code.clone()).await?;
        self.record(AuthEvent::AccountCreated { user_id: user.id });
        if code.is_some() {
            self.record(AuthEvent::CodeIssued { user_id: user.id });
        }
        Ok(CreatedAccount { user, code })
    }
}
