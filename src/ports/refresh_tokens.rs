use crate::domain::{RefreshClaims, RefreshToken};

/// Makes refresh tokens from their claims and a key. No repository has the key, so a copy of the database makes no token.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait RefreshTokens: Send + Sync {
    /// Makes the token with these claims. It MUST be the same token every time, so that a client that retries gets the same
    /// successor. Nobody without the key MUST be able to make it.
    fn issue(&self, claims: RefreshClaims) -> RefreshToken;

    /// Returns the claims of a token that [`issue`](Self::issue) made, also with a former key that is still accepted. It MUST
    /// compare in constant time and MUST NOT panic, whatever the text.
    fn verify(&self, token: &str) -> Option<RefreshClaims>;
}
