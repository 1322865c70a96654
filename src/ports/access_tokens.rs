use super::BoxedError;
use crate::domain::{AccessClaims, AccessToken};

/// Makes and reads access tokens.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait AccessTokens: Send + Sync {
    /// Makes a token with these claims. [`verify`](Self::verify) MUST return the same claims for it. Nobody without the key
    /// MUST be able to make or change a token.
    fn issue(&self, claims: &AccessClaims) -> Result<AccessToken, AccessTokensError>;

    /// Returns the claims of a token that one of our keys made.
    ///
    /// - The algorithm MUST come from the configuration, never from the token (RFC 8725, section 3.1).
    /// - Everything but the time MUST be checked: authenticity, type, issuer, audience, key id, the form of every claim.
    ///   [`AccessClaims::is_current`] checks the time, because a logout accepts an expired token.
    /// - It MUST NOT panic or open a connection, whatever the text.
    fn verify(&self, token: &str) -> Result<AccessClaims, InvalidToken>;
}

/// The token was rejected. The reason is withheld because it helps only attackers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token is not valid")]
pub struct InvalidToken;

/// No token could be made.
#[derive(Debug, thiserror::Error)]
#[error("the access token could not be made")]
pub struct AccessTokensError(#[source] pub BoxedError);
