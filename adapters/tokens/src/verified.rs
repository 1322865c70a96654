use coach_core::{domain::AccessClaims, ports::InvalidToken};
use quick_cache::sync::Cache;
use ring::digest::{SHA256, digest};

/// Maximum number of remembered tokens, of about 150 bytes each.
const MAX_REMEMBERED: usize = 10_000;

/// The claims of tokens that were verified. Clients send a token many times, and verifying it costs ten times as much as
/// its digest.
///
/// The key is the SHA-256 of the whole token. Another text with the same digest cannot be found, so a remembered token
/// is one whose signature, header and claims were checked. Only its times can become invalid, and the core checks them
/// with every use.
pub(crate) struct VerifiedTokens(Cache<[u8; 32], AccessClaims>);

impl VerifiedTokens {
    pub(crate) fn new() -> Self {
        Self(Cache::new(MAX_REMEMBERED))
    }

    /// Returns the claims of a token, from `verify` if the token is not remembered.
    pub(crate) fn claims(
        &self,
        token: &str,
        verify: impl FnOnce() -> Result<AccessClaims, InvalidToken>,
    ) -> Result<AccessClaims, InvalidToken> {
        let digest = digest(&SHA256, token.as_bytes());
        let Ok(key) = digest.as_ref().try_into() else { return verify() };
        if let Some(claims) = self.0.get(&key) {
            return Ok(claims);
        }
        let claims = verify()?;
        self.0.insert(key, claims);
        Ok(claims)
    }
}
