//! Cryptography for `jsonwebtoken` with `ring`, which is already a dependency of the TLS library. The provider of
//! `jsonwebtoken` itself depends on RSA, P-384 and big integers, which are not needed.

use jsonwebtoken::{
    Algorithm, AlgorithmFamily, DecodingKey, EncodingKey,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{ErrorKind, Result, new_error},
};
use ring::{
    hmac::{self, HMAC_SHA256, HMAC_SHA384, HMAC_SHA512},
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair,
        Ed25519KeyPair, UnparsedPublicKey,
    },
};
use signature::{Error, Signer, Verifier};

/// Makes `jsonwebtoken` use `ring` in this process, unless another provider is already installed.
pub(super) fn install() {
    static PROVIDER: CryptoProvider = CryptoProvider {
        signer_factory: signer,
        verifier_factory: verifier,
        // `keys` creates the JWK Set.
        key_utils: KeyUtils::new_unimplemented(),
    };
    // An error means only that a provider is already installed.
    let _ = PROVIDER.install_default();
}

/// A key and its algorithm.
struct Keyed<K>(Algorithm, K);

enum SigningKey {
    Hmac(hmac::Key),
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
}

enum VerifyingKey {
    Hmac(hmac::Key),
    PublicKey(UnparsedPublicKey<Vec<u8>>),
}

fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    let bytes = key.as_bytes();
    let signing_key = match (algorithm, key.family()) {
        (Algorithm::EdDSA, AlgorithmFamily::Ed) => {
            let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(bytes);
            SigningKey::Ed25519(pair.map_err(|_| ErrorKind::InvalidEddsaKey)?)
        }
        (Algorithm::ES256, AlgorithmFamily::Ec) => {
            let kind = &ECDSA_P256_SHA256_FIXED_SIGNING;
            let pair = EcdsaKeyPair::from_pkcs8(kind, bytes, &SystemRandom::new());
            SigningKey::P256(pair.map_err(|_| ErrorKind::InvalidEcdsaKey)?)
        }
        (_, AlgorithmFamily::Hmac) => SigningKey::Hmac(hmac_key(*algorithm, bytes)?),
        _ => return Err(new_error(ErrorKind::InvalidAlgorithm)),
    };
    Ok(Box::new(Keyed(*algorithm, signing_key)))
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    let bytes = key.try_get_as_bytes()?;
    let public_key = |kind| VerifyingKey::PublicKey(UnparsedPublicKey::new(kind, bytes.to_vec()));
    let verifying_key = match (algorithm, key.family()) {
        (Algorithm::EdDSA, AlgorithmFamily::Ed) => public_key(&ED25519),
        (Algorithm::ES256, AlgorithmFamily::Ec) => public_key(&ECDSA_P256_SHA256_FIXED),
        (_, AlgorithmFamily::Hmac) => VerifyingKey::Hmac(hmac_key(*algorithm, bytes)?),
        _ => return Err(new_error(ErrorKind::InvalidAlgorithm)),
    };
    Ok(Box::new(Keyed(*algorithm, verifying_key)))
}

fn hmac_key(algorithm: Algorithm, secret: &[u8]) -> Result<hmac::Key> {
    let kind = match algorithm {
        Algorithm::HS256 => HMAC_SHA256,
        Algorithm::HS384 => HMAC_SHA384,
        Algorithm::HS512 => HMAC_SHA512,
        _ => return Err(new_error(ErrorKind::InvalidAlgorithm)),
    };
    Ok(hmac::Key::new(kind, secret))
}

impl Signer<Vec<u8>> for Keyed<SigningKey> {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, Error> {
        Ok(match &self.1 {
            SigningKey::Hmac(key) => hmac::sign(key, message).as_ref().to_vec(),
            SigningKey::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            SigningKey::P256(pair) => {
                let signature = pair.sign(&SystemRandom::new(), message);
                signature.map_err(|_| Error::new())?.as_ref().to_vec()
            }
        })
    }
}

impl JwtSigner for Keyed<SigningKey> {
    fn algorithm(&self) -> Algorithm {
        self.0
    }
}

impl Verifier<Vec<u8>> for Keyed<VerifyingKey> {
    /// Compares HMACs in constant time.
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        match &self.1 {
            VerifyingKey::Hmac(key) => hmac::verify(key, message, signature),
            VerifyingKey::PublicKey(key) => key.verify(message, signature),
        }
        .map_err(|_| Error::new())
    }
}

impl JwtVerifier for Keyed<VerifyingKey> {
    fn algorithm(&self) -> Algorithm {
        self.0
    }
}
