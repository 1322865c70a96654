use coach_core::{
    domain::{AccessClaims, AccessToken},
    ports::{AccessTokens, AccessTokensError, InvalidToken},
};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
};

use crate::{
    claims::{Claims, MAX_TOKEN_BYTES, NumericDate, Parties},
    keys::{HmacAlgorithm, KeyError, KeyKind, KeyPair, KeyRing, PublicKey, SigningKey},
};

/// The type of an access token, which distinguishes it from every other JWT that the same key may sign (RFC 9068, section
/// 2.1).
const TYPE: &str = "at+jwt";

/// Access tokens as JWTs. The present key signs; every key of the ring verifies what its own algorithm signed.
pub struct JwtTokens {
    header: Header,
    encoding_key: EncodingKey,
    parties: Parties,
    verifiers: Vec<Verifier>,
}

/// A key and what a token that it signed looks like.
struct Verifier {
    header: Header,
    /// The header as we write it, with the dot after it. A token that begins so need not be parsed to find its key.
    encoded: String,
    decoding_key: DecodingKey,
    validation: Validation,
}

/// How tokens are signed and whom they name.
pub struct JwtSettings<'a> {
    /// The keys.
    pub keys: &'a KeyRing,
    /// `iss`.
    pub issuer: String,
    /// `aud`. If there is one, it is issued and required.
    pub audience: Option<String>,
}

impl JwtTokens {
    /// Prepares the keys.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if a key cannot be used.
    pub fn new(settings: JwtSettings<'_>) -> Result<Self, KeyError> {
        let JwtSettings { keys, issuer, audience } = settings;
        let verifiers = keys.iter().map(Verifier::new).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            header: header(&keys.current),
            encoding_key: encoding_key(&keys.current),
            parties: Parties { issuer, audience },
            verifiers,
        })
    }

    /// The key that a token names.
    fn verifier(&self, token: &str) -> Option<&Verifier> {
        let as_ours = self.verifiers.iter().find(|verifier| token.starts_with(&verifier.encoded));
        as_ours.or_else(|| {
            let sent = decode_header(token).ok()?;
            self.verifiers.iter().find(|verifier| verifier.header == sent)
        })
    }
}

/// The header of every token that a key signs.
fn header(key: &SigningKey) -> Header {
    let algorithm = match &key.kind {
        KeyKind::Hmac(HmacAlgorithm::HS256) => Algorithm::HS256,
        KeyKind::Hmac(HmacAlgorithm::HS384) => Algorithm::HS384,
        KeyKind::Hmac(HmacAlgorithm::HS512) => Algorithm::HS512,
        KeyKind::Pair(KeyPair::Ed25519(_), _) => Algorithm::EdDSA,
        KeyKind::Pair(KeyPair::P256(_), _) => Algorithm::ES256,
    };
    let mut header = Header::new(algorithm);
    header.typ = Some(TYPE.to_owned());
    header.kid = Some(key.id.clone());
    header
}

fn encoding_key(key: &SigningKey) -> EncodingKey {
    match &key.kind {
        KeyKind::Hmac(_) => EncodingKey::from_secret(key.material()),
        KeyKind::Pair(KeyPair::Ed25519(_), _) => EncodingKey::from_ed_der(key.material()),
        KeyKind::Pair(KeyPair::P256(_), _) => EncodingKey::from_ec_der(key.material()),
    }
}

impl Verifier {
    fn new(key: &SigningKey) -> Result<Self, KeyError> {
        let unusable = |error: jsonwebtoken::errors::Error| KeyError(error.to_string());
        let header = header(key);
        let decoding_key = match &key.kind {
            KeyKind::Hmac(_) => DecodingKey::from_secret(key.material()),
            KeyKind::Pair(_, PublicKey::Ed25519 { x }) => {
                DecodingKey::from_ed_components(x).map_err(unusable)?
            }
            KeyKind::Pair(_, PublicKey::P256 { x, y }) => {
                DecodingKey::from_ec_components(x, y).map_err(unusable)?
            }
        };
        // The library checks the signature, `Claims` the parties, and the core, which has the clock, the times.
        let mut validation = Validation::new(header.alg);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        let token = encode(&header, &(), &encoding_key(key)).map_err(unusable)?;
        let end = token.find('.').map_or(0, |dot| dot + 1);
        Ok(Self { encoded: token[..end].to_owned(), header, decoding_key, validation })
    }
}

impl AccessTokens for JwtTokens {
    fn issue(&self, claims: &AccessClaims) -> Result<AccessToken, AccessTokensError> {
        let claims = Claims::<NumericDate>::new(claims, &self.parties);
        encode(&self.header, &claims, &self.encoding_key)
            .map(AccessToken::new)
            .map_err(|error| AccessTokensError(error.into()))
    }

    fn verify(&self, token: &str) -> Result<AccessClaims, InvalidToken> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(InvalidToken);
        }
        let verifier = self.verifier(token).ok_or(InvalidToken)?;
        let token =
            decode::<Claims<NumericDate>>(token, &verifier.decoding_key, &verifier.validation)
                .map_err(|_| InvalidToken)?;
        if token.header != verifier.header {
            return Err(InvalidToken);
        }
        token.claims.parse(&self.parties)
    }
}

#[cfg(test)]
mod tests;
