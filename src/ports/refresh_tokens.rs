use crate::domain::{RefreshClaims, RefreshToken};

/// Issues and verifies refresh tokens. A token is derived from its claims and a key. No repository has the key, so a
/// copy of the database is not enough to create a token.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait RefreshTokens: Send + Sync {
    /// Issues the token with these claims. With the same key it MUST be the same token every time, so that a retry gets
    /// the same successor. It MUST be infeasible to create the token without the key.
    fn issue(&self, claims: RefreshClaims) -> RefreshToken;

    /// Returns the claims of a token that [`issue`](Self::issue) created with the current key or a previous key that is
    /// still accepted. It MUST compare in constant time and MUST NOT panic on any input.
    fn verify(&self, token: &str) -> Option<RefreshClaims>;
}
