use std::str::FromStr;

use coach_core::{
    domain::{AccessClaims, AccessToken, Refusal},
    ports::{AccessTokens, AccessTokensError, InvalidToken},
};
use pasetors::{
    errors::Error,
    keys::{AsymmetricPublicKey, AsymmetricSecretKey, SymmetricKey},
    token::{Local, Public, TrustedToken, UntrustedToken},
    version4::{LocalToken, PublicToken, V4},
};

use crate::{
    claims::{Claims, MAX_TOKEN_BYTES, Parties, TextDate},
    derive::DerivedKey,
    keys::{KeyError, KeyKind, KeyRing, PublicKey, SigningKey, ed25519_key_pair},
    verified::VerifiedTokens,
};

/// The purpose of a PASETO.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasetoPurpose {
    /// Encrypted. The same key creates and decrypts tokens. It is derived from the configured key.
    Local,
    /// Signed with Ed25519. Anyone can verify tokens.
    Public,
}

impl FromStr for PasetoPurpose {
    type Err = &'static str;

    fn from_str(name: &str) -> Result<Self, &'static str> {
        match name {
            "local" => Ok(Self::Local),
            "public" => Ok(Self::Public),
            _ => Err("must be local or public"),
        }
    }
}

/// Issues and verifies access tokens as PASETO version 4. The current key issues tokens. Every key of the ring verifies
/// them.
pub struct PasetoTokens {
    current: PasetoKey,
    previous: Vec<PasetoKey>,
    parties: Parties,
    verified: VerifiedTokens,
}

/// Settings of [`PasetoTokens`].
pub struct PasetoSettings<'a> {
    /// The current key and the accepted keys.
    pub keys: &'a KeyRing,
    /// The purpose of the tokens.
    pub purpose: PasetoPurpose,
    /// The `iss` claim.
    pub issuer: String,
    /// The `aud` claim. If it is set, tokens must contain it.
    pub audience: Option<String>,
}

/// A key and the footer of its tokens: `{"kid": …}`, with the id of the key in the JWK Set.
struct PasetoKey {
    kind: Kind,
    footer: String,
}

enum Kind {
    Local(SymmetricKey<V4>),
    Public { secret: AsymmetricSecretKey<V4>, public: AsymmetricPublicKey<V4> },
}

impl PasetoTokens {
    /// Creates the adapter.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if the purpose is [`PasetoPurpose::Public`] and the current key is not an Ed25519 key.
    pub fn new(settings: PasetoSettings<'_>) -> Result<Self, KeyError> {
        let PasetoSettings { keys, purpose, issuer, audience } = settings;
        // Previous keys verify both purposes, so that a change of purpose does not invalidate tokens.
        let purposes = [PasetoPurpose::Local, PasetoPurpose::Public];
        let former = |key| purposes.map(|purpose| PasetoKey::new(key, purpose).ok());
        let previous = keys.previous.iter().flat_map(former).flatten();
        Ok(Self {
            current: PasetoKey::new(&keys.current, purpose)?,
            previous: previous.collect(),
            parties: Parties { issuer, audience },
            verified: VerifiedTokens::new(),
        })
    }
}

impl PasetoKey {
    fn new(key: &SigningKey, purpose: PasetoPurpose) -> Result<Self, KeyError> {
        let no_ed25519 = || KeyError("v4.public needs an Ed25519 key".to_owned());
        let kind = match (purpose, &key.kind) {
            (PasetoPurpose::Local, _) => {
                let bytes = DerivedKey::bytes(key.material(), "PASETO v4.local");
                Kind::Local(SymmetricKey::from(&bytes).map_err(unusable)?)
            }
            (PasetoPurpose::Public, KeyKind::Pair(PublicKey::Ed25519 { .. })) => {
                let pair = ed25519_key_pair(key.material()).ok_or_else(no_ed25519)?;
                let secret = AsymmetricSecretKey::from(&*pair).map_err(unusable)?;
                let public = AsymmetricPublicKey::try_from(&secret).map_err(unusable)?;
                Kind::Public { secret, public }
            }
            (PasetoPurpose::Public, _) => return Err(no_ed25519()),
        };
        Ok(Self { kind, footer: serde_json::json!({ "kid": key.id }).to_string() })
    }

    fn issue(&self, payload: &[u8]) -> Result<String, Error> {
        let footer = Some(self.footer.as_bytes());
        match &self.kind {
            Kind::Local(key) => LocalToken::encrypt(key, payload, footer, None),
            Kind::Public { secret, .. } => PublicToken::sign(secret, payload, footer, None),
        }
    }

    /// Verifies a token. The library first compares the footer, which contains the key id, in constant time.
    fn verify(&self, token: &str) -> Result<TrustedToken, Error> {
        let footer = Some(self.footer.as_bytes());
        match &self.kind {
            Kind::Local(key) => {
                let token = UntrustedToken::<Local, V4>::try_from(token)?;
                LocalToken::decrypt(key, &token, footer, None)
            }
            Kind::Public { public, .. } => {
                let token = UntrustedToken::<Public, V4>::try_from(token)?;
                PublicToken::verify(public, &token, footer, None)
            }
        }
    }
}

fn unusable(error: Error) -> KeyError {
    KeyError(format!("{error:?}"))
}

impl AccessTokens for PasetoTokens {
    fn issue(&self, claims: &AccessClaims) -> Result<AccessToken, AccessTokensError> {
        let claims = Claims::<TextDate>::new(claims, &self.parties);
        let payload =
            serde_json::to_vec(&claims).map_err(|error| AccessTokensError(error.into()))?;
        let token = self.current.issue(&payload);
        token.map(AccessToken::new).map_err(|error| AccessTokensError(unusable(error).into()))
    }

    fn verify(&self, token: &str) -> Result<AccessClaims, InvalidToken> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(InvalidToken(Refusal::Malformed));
        }
        self.verified.claims(token, || self.verify_with_keys(token))
    }
}

impl PasetoTokens {
    fn verify_with_keys(&self, token: &str) -> Result<AccessClaims, InvalidToken> {
        let mut keys = [&self.current].into_iter().chain(&self.previous);
        let verified = keys.find_map(|key| key.verify(token).ok());
        let token = verified.ok_or_else(|| InvalidToken(self.refusal(token)))?;
        let claims: Claims<TextDate> = serde_json::from_str(token.payload())
            .map_err(|_| InvalidToken(Refusal::WrongClaims))?;
        claims.parse(&self.parties)
    }

    /// Returns why no key verifies a token.
    fn refusal(&self, token: &str) -> Refusal {
        let local = UntrustedToken::<Local, V4>::try_from(token);
        let footer = local.map(|token| token.untrusted_footer().to_vec()).or_else(|_| {
            let public = UntrustedToken::<Public, V4>::try_from(token)?;
            Ok::<_, Error>(public.untrusted_footer().to_vec())
        });
        let mut keys = [&self.current].into_iter().chain(&self.previous);
        match footer {
            Err(_) => Refusal::Malformed,
            Ok(footer) if keys.any(|key| key.footer.as_bytes() == footer) => Refusal::Forged,
            Ok(_) => Refusal::UnknownKey,
        }
    }
}

#[cfg(test)]
mod tests;
