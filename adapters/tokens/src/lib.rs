#![doc = include_str!("../README.md")]

mod derive;
mod jwt;
mod refresh;

pub use jwt::{HmacAlgorithm, JwtSettings, JwtTokens, SecretTooShort, SigningSecret};
pub use refresh::HmacRefreshTokens;
