mod provider;

use coach_core::{
    domain::{AccessClaims, AccessToken, Refusal},
    ports::{AccessTokens, AccessTokensError, InvalidToken},
};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
    errors::ErrorKind,
};

use crate::{
    claims::{Claims, MAX_TOKEN_BYTES, NumericDate, Parties},
    keys::{HmacAlgorithm, KeyError, KeyKind, KeyRing, PublicKey, SigningKey},
    verified::VerifiedTokens,
};

/// The type of an access token. It distinguishes access tokens from other JWTs of the same key (RFC 9068, section 2.1).
const TYPE: &str = "at+jwt";

/// Issues and verifies access tokens as JWTs. The current key signs. Every key of the ring verifies, with its own
/// algorithm only.
pub struct JwtTokens {
    header: Header,
    encoding_key: EncodingKey,
    parties: Parties,
    verifiers: Vec<Verifier>,
    verified: VerifiedTokens,
}

/// A key and the only header that its tokens have.
struct Verifier {
    header: Header,
    /// The encoded header as this server writes it, with the dot after it. It identifies the key without parsing the
    /// token.
    encoded: String,
    decoding_key: DecodingKey,
    validation: Validation,
}

/// Settings of [`JwtTokens`].
pub struct JwtSettings<'a> {
    /// The signing key and the accepted keys.
    pub keys: &'a KeyRing,
    /// The `iss` claim.
    pub issuer: String,
    /// The `aud` claim. If it is set, tokens must contain it.
    pub audience: Option<String>,
}

impl JwtTokens {
    /// Creates the adapter.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if a key cannot be used.
    pub fn new(settings: JwtSettings<'_>) -> Result<Self, KeyError> {
        let JwtSettings { keys, issuer, audience } = settings;
        provider::install();
        let verifiers = keys.iter().map(Verifier::new).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            header: header(&keys.current),
            encoding_key: encoding_key(&keys.current),
            parties: Parties { issuer, audience },
            verifiers,
            verified: VerifiedTokens::new(),
        })
    }

    fn verify_signature(&self, token: &str) -> Result<AccessClaims, InvalidToken> {
        let verifier = self.verifier(token)?;
        let token =
            decode::<Claims<NumericDate>>(token, &verifier.decoding_key, &verifier.validation)
                .map_err(|error| refused(&error))?;
        if token.header != verifier.header {
            return Err(InvalidToken(Refusal::UnknownKey));
        }
        token.claims.parse(&self.parties)
    }

    /// Finds the key by the header of the token.
    fn verifier(&self, token: &str) -> Result<&Verifier, InvalidToken> {
        let mut verifiers = self.verifiers.iter();
        if let Some(ours) = verifiers.clone().find(|verifier| token.starts_with(&verifier.encoded))
        {
            return Ok(ours);
        }
        let sent = decode_header(token).map_err(|_| InvalidToken(Refusal::Malformed))?;
        let named = verifiers.find(|verifier| verifier.header == sent);
        named.ok_or(InvalidToken(Refusal::UnknownKey))
    }
}

fn refused(error: &jsonwebtoken::errors::Error) -> InvalidToken {
    InvalidToken(match error.kind() {
        ErrorKind::InvalidSignature => Refusal::Forged,
        // The signature is checked before the claims are parsed.
        ErrorKind::Json(_) => Refusal::WrongClaims,
        _ => Refusal::Malformed,
    })
}

/// Returns the header of every token of a key.
fn header(key: &SigningKey) -> Header {
    let algorithm = match &key.kind {
        KeyKind::Hmac(HmacAlgorithm::HS256) => Algorithm::HS256,
        KeyKind::Hmac(HmacAlgorithm::HS384) => Algorithm::HS384,
        KeyKind::Hmac(HmacAlgorithm::HS512) => Algorithm::HS512,
        KeyKind::Pair(PublicKey::Ed25519 { .. }) => Algorithm::EdDSA,
        KeyKind::Pair(PublicKey::P256 { .. }) => Algorithm::ES256,
    };
    let mut header = Header::new(algorithm);
    header.typ = Some(TYPE.to_owned());
    header.kid = Some(key.id.clone());
    header
}

fn encoding_key(key: &SigningKey) -> EncodingKey {
    match &key.kind {
        KeyKind::Hmac(_) => EncodingKey::from_secret(key.material()),
        KeyKind::Pair(PublicKey::Ed25519 { .. }) => EncodingKey::from_ed_der(key.material()),
        KeyKind::Pair(PublicKey::P256 { .. }) => EncodingKey::from_ec_der(key.material()),
    }
}

impl Verifier {
    fn new(key: &SigningKey) -> Result<Self, KeyError> {
        let unusable = |error: jsonwebtoken::errors::Error| KeyError(error.to_string());
        let header = header(key);
        let decoding_key = match &key.kind {
            KeyKind::Hmac(_) => DecodingKey::from_secret(key.material()),
            KeyKind::Pair(PublicKey::Ed25519 { x }) => {
                DecodingKey::from_ed_components(x).map_err(unusable)?
            }
            KeyKind::Pair(PublicKey::P256 { x, y }) => {
                DecodingKey::from_ec_components(x, y).map_err(unusable)?
            }
        };
        // The library checks only the signature. `Claims` checks issuer and audience, and the core checks the times.
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
            return Err(InvalidToken(Refusal::Malformed));
        }
        self.verified.claims(token, || self.verify_signature(token))
    }
}

#[cfg(test)]
mod tests;
