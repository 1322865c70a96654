use super::BoxedError;
use crate::domain::{AccessClaims, AccessToken};

/// Signs access tokens.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait TokenIssuer: Send + Sync {
    /// A token that says `claims`. The [`TokenVerifier`](super::TokenVerifier) of the same keys MUST read the same
    /// claims out of it, and nobody without the keys MUST be able to change it.
    fn issue(&self, claims: &AccessClaims) -> Result<AccessToken, TokenIssuerError>;
}

/// The token could not be signed.
#[derive(Debug, thiserror::Error)]
#[error("the token could not be signed")]
pub struct TokenIssuerError(#[source] pub BoxedError);
