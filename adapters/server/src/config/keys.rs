//! The keys that sign tokens, and the former keys that still verify them.

use std::str::FromStr;

use coach_tokens::{
    HmacAlgorithm, KeyRing, PasetoPurpose, PrivateKey, PublicKeyAlgorithm, SigningSecret,
};

use super::{
    values,
    variables::{ConfigError, Variables},
};

/// `JWT_ALGORITHM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum JwtAlgorithm {
    Hmac(HmacAlgorithm),
    PublicKey(PublicKeyAlgorithm),
}

impl FromStr for JwtAlgorithm {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let hmac = name.parse().map(Self::Hmac);
        hmac.or_else(|()| name.parse().map(Self::PublicKey))
            .map_err(|_| "must be HS256, HS384, HS512, EdDSA or ES256".to_owned())
    }
}

/// `TOKEN_FORMAT` with its `PASETO_PURPOSE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenFormat {
    /// JSON Web Tokens (RFC 7519).
    Jwt,
    /// PASETO version 4.
    Paseto(PasetoPurpose),
}

impl TokenFormat {
    pub(super) fn read(variables: &Variables, keys: &JwtKeys) -> Result<Self, ConfigError> {
        let purpose = |text: &str| text.parse::<PasetoPurpose>().map_err(str::to_owned);
        let purpose = variables.parse("PASETO_PURPOSE", "local", purpose)?;
        let format = |text: &str| match text {
            "jwt" => Ok(Self::Jwt),
            "paseto" => Ok(Self::Paseto(purpose)),
            _ => Err("must be jwt or paseto".to_owned()),
        };
        let format = variables.parse("TOKEN_FORMAT", "jwt", format)?;
        let is_ed25519 = matches!(&keys.current, JwtKey::Private(key)
            if key.algorithm() == PublicKeyAlgorithm::EdDSA);
        if format == Self::Paseto(PasetoPurpose::Public) && !is_ed25519 {
            let sentence = "PASETO_PURPOSE=public needs JWT_ALGORITHM=EdDSA.";
            return Err(ConfigError::new(sentence.to_owned()));
        }
        Ok(format)
    }
}

/// The key that signs.
#[derive(Debug, Clone)]
pub enum JwtKey {
    /// `JWT_SECRET`, or `None` for the secret in the file beside the database.
    Secret(HmacAlgorithm, Option<SigningSecret>),
    /// `JWT_PRIVATE_KEY_FILE`.
    Private(PrivateKey),
}

/// The configured keys.
#[derive(Debug, Clone)]
pub struct JwtKeys {
    /// The key that signs.
    pub current: JwtKey,
    previous_secrets: Vec<SigningSecret>,
    previous_keys: Vec<PrivateKey>,
    has_unused_file: bool,
}

impl JwtKeys {
    pub(super) fn read(variables: &Variables) -> Result<Self, ConfigError> {
        let secret = variables.parse_optional_secret("JWT_SECRET", values::current_secret)?;
        let file = variables.parse_optional_secret("JWT_PRIVATE_KEY_FILE", values::private_key)?;
        let algorithm = variables.parse("JWT_ALGORITHM", "HS256", JwtAlgorithm::from_str)?;
        let has_file = file.is_some();
        let current = match (algorithm, file) {
            (JwtAlgorithm::Hmac(algorithm), _) => JwtKey::Secret(algorithm, secret),
            // The secret could be a former one or a leftover, so the operator must decide.
            (JwtAlgorithm::PublicKey(wanted), _) if secret.is_some() => {
                return Err(ConfigError::new(format!(
                    "JWT_SECRET must not be set when JWT_ALGORITHM is {wanted:?}; \
                     move a former secret to JWT_PREVIOUS_SECRETS."
                )));
            }
            (JwtAlgorithm::PublicKey(wanted), Some(key)) if key.algorithm() == wanted => {
                JwtKey::Private(key)
            }
            (JwtAlgorithm::PublicKey(wanted), Some(key)) => {
                let held = key.algorithm();
                return Err(ConfigError::new(format!(
                    "JWT_PRIVATE_KEY_FILE contains a key for {held:?}, but JWT_ALGORITHM is {wanted:?}."
                )));
            }
            (JwtAlgorithm::PublicKey(wanted), None) => {
                return Err(ConfigError::new(format!(
                    "JWT_PRIVATE_KEY_FILE must be set when JWT_ALGORITHM is {wanted:?}."
                )));
            }
        };
        let secrets = |text: &str| values::list(text, values::signing_secret);
        let keys = |text: &str| values::list(text, values::private_key);
        Ok(Self {
            has_unused_file: has_file && matches!(current, JwtKey::Secret(..)),
            current,
            previous_secrets: variables.parse_secret("JWT_PREVIOUS_SECRETS", "", secrets)?,
            previous_keys: variables.parse_secret("JWT_PREVIOUS_KEY_FILES", "", keys)?,
        })
    }

    /// Returns a warning about a private key that signs nothing.
    pub(super) fn warning(&self) -> Option<String> {
        let warning =
            "JWT_PRIVATE_KEY_FILE is not used; set JWT_ALGORITHM to EdDSA or ES256, or remove it";
        self.has_unused_file.then(|| warning.to_owned())
    }

    /// Returns the number of former keys.
    pub(crate) fn former(&self) -> usize {
        self.previous_secrets.len() + self.previous_keys.len()
    }

    /// Returns whether the signing key is the secret in the file beside the database.
    #[must_use]
    pub fn need_kept_secret(&self) -> bool {
        matches!(self.current, JwtKey::Secret(_, None))
    }

    /// Returns whether tokens signed with `secret` are accepted.
    #[must_use]
    pub fn accept_secret(&self, secret: &SigningSecret) -> bool {
        let current = match &self.current {
            JwtKey::Secret(_, current) => current.as_ref(),
            JwtKey::Private(_) => None,
        };
        current.into_iter().chain(&self.previous_secrets).any(|accepted| accepted == secret)
    }

    /// Returns the key ring. Calls `secret` if no signing key is configured.
    ///
    /// # Errors
    ///
    /// Returns the error of `secret`.
    pub fn ring<E>(&self, secret: impl FnOnce() -> Result<SigningSecret, E>) -> Result<KeyRing, E> {
        let mut ring = match &self.current {
            JwtKey::Secret(algorithm, Some(secret)) => KeyRing::hmac(secret, *algorithm),
            JwtKey::Secret(algorithm, None) => KeyRing::hmac(&secret()?, *algorithm),
            JwtKey::Private(key) => KeyRing::private(key),
        };
        for secret in &self.previous_secrets {
            ring.accept_secret(secret);
        }
        for key in &self.previous_keys {
            ring.accept_private(key);
        }
        Ok(ring)
    }
}
