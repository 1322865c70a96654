use super::BoxedError;
use crate::domain::{AccessClaims, AccessToken, Refusal};

/// Issues and verifies access tokens.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait AccessTokens: Send + Sync {
    /// Issues a token with these claims. [`verify`](Self::verify) MUST return the same claims for it. It MUST be
    /// infeasible to create or change a token without the key.
    fn issue(&self, claims: &AccessClaims) -> Result<AccessToken, AccessTokensError>;

    /// Returns the claims of a token that was issued with one of the configured keys.
    ///
    /// - The algorithm MUST come from the configuration, never from the token (RFC 8725, section 3.1).
    /// - It MUST check authenticity, type, issuer, audience, key id and the form of every claim.
    ///   [`AccessClaims::check_times`] checks the time separately, because a logout accepts an expired token.
    /// - It MUST NOT panic on any input, and MUST NOT open a connection.
    fn verify(&self, token: &str) -> Result<AccessClaims, InvalidToken>;
}

/// The token was rejected. Its message withholds the reason, because that helps only attackers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token is not valid")]
pub struct InvalidToken(pub Refusal);

/// An access token could not be created.
#[derive(Debug, thiserror::Error)]
#[error("the access token could not be created")]
pub struct AccessTokensError(#[source] pub BoxedError);
