#![doc = include_str!("../README.md")]

mod jwt;

pub use jwt::{HmacAlgorithm, JwtSettings, JwtTokens, SecretTooShort, SigningSecret};
