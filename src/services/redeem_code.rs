use super::{AuthService, ChoosePasswordError, SignedIn};
use crate::{
    domain::{AuthEvent, Channel, Client, EmailAddress, NewPassword, PasswordCode},
    ports::{AccessTokensError, CodeTry, Redemption, RepositoryError},
};

/// A new password was not set with a code.
#[derive(Debug, thiserror::Error)]
pub enum RedeemCodeError {
    /// The new password is too easy to guess, or could not be judged or hashed. No try was counted.
    #[error(transparent)]
    Choose(#[from] ChoosePasswordError),
    /// The code is wrong, used or expired, or belongs to another email address. The caller does not learn which.
    #[error("the code is wrong, used or expired")]
    InvalidCode,
    /// The code is right, but the account is inactive. The code was not used.
    #[error("the account is inactive")]
    Inactive,
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
    /// The password was changed and a session began, but its tokens could not be created.
    #[error(transparent)]
    AccessTokens(#[from] AccessTokensError),
}

impl AuthService {
    /// Changes the password of the account with this email address, if the code is right, and logs its user in. Ends every
    /// other session of the account. A malformed `email` is treated like an unknown one.
    ///
    /// The password is judged and hashed first, with nothing but what was sent. A refused code then takes the same time
    /// whether or not the account exists, and a busy hasher uses up no try.
    ///
    /// # Errors
    ///
    /// See [`RedeemCodeError`].
    pub async fn redeem_code(
        &self,
        email: &str,
        code: PasswordCode,
        new: NewPassword,
        channel: Channel,
        client: Client,
    ) -> Result<SignedIn, RedeemCodeError> {
        let email = EmailAddress::parse(email);
        // A malformed address is no word that would make the password easy to guess.
        let email = email.unwrap_or_else(|_| EmailAddress::restore(""));
        let new = self.choose_password(new, &email, None).await?;
        let new = self.hash_password(&new).await?;
        self.open_session(channel, client, async |session| {
            let session_id = session.id;
            let attempt = CodeTry { email, code, new, session };
            match self.ports.password_codes.redeem(attempt).await? {
                Redemption::Redeemed(user) => {
                    self.record(AuthEvent::CodeUsed { user_id: user.id, session_id });
                    Ok(user)
                }
                Redemption::Inactive(user_id) => {
                    self.record(AuthEvent::InactiveLogin { user_id });
                    Err(RedeemCodeError::Inactive)
                }
                Redemption::Refused(user_id) => {
                    self.record(AuthEvent::CodeRefused { user_id });
                    Err(RedeemCodeError::InvalidCode)
                }
            }
        })
        .await
    }
}
