#![doc = include_str!("../README.md")]

mod claims;
mod cursors;
mod derive;
mod jwt;
mod keys;
mod paseto;
mod refresh;
#[cfg(test)]
mod refusals;
mod verified;

pub use cursors::HmacPracticeCursors;
pub use jwt::{JwtSettings, JwtTokens};
pub use keys::{
    HmacAlgorithm, InvalidPrivateKey, KeyError, KeyRing, PrivateKey, PublicKeyAlgorithm,
    SigningSecret, WeakSecret,
};
pub use paseto::{PasetoPurpose, PasetoSettings, PasetoTokens};
pub use refresh::HmacRefreshTokens;
