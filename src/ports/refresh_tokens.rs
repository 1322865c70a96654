use crate::domain::{RefreshClaims, RefreshToken};

/// Makes refresh tokens out of what they say and a key that no repository has: nothing that is stored is a token, or becomes
/// one.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait RefreshTokens: Send + Sync {
    /// The token that says `claims`. It MUST be the same one each time, so that a client that asks again gets the same
    /// successor, and nobody without the key MUST be able to make it.
    fn issue(&self, claims: RefreshClaims) -> RefreshToken;

    /// What a text says, if it is a token that [`issue`](Self::issue) made, also with a former key that is still accepted.
    /// It MUST NOT panic, whatever the text, and MUST compare in constant time.
    fn verify(&self, token: &str) -> Option<RefreshClaims>;
}
