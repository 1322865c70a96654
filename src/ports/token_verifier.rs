use crate::domain::AccessClaims;

/// Reads access tokens that arrive from anywhere.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait TokenVerifier: Send + Sync {
    /// The claims of a token that our keys signed, as an access token, for us.
    ///
    /// - The algorithm MUST come from the configuration, never from the token (RFC 8725, section 3.1).
    /// - Everything but the time MUST be checked: signature, type, issuer, audience, key id, the form of every claim.
    ///   Whether it is current is for [`AccessClaims::is_current`] to say, because a logout accepts an expired one.
    /// - It MUST NOT panic or open a connection, whatever the text.
    fn verify(&self, token: &str) -> Result<AccessClaims, InvalidToken>;
}

/// The text is no access token of ours. Why is nobody's business but the attacker's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token is not valid")]
pub struct InvalidToken;
