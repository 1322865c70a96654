//! The nouns of the house. Each is valid by construction: where a value of one of these types exists,
//! its rules hold, and nothing checks them again.

mod auth_session;
mod client;
mod email;
mod full_name;
mod password;
mod refresh_token;
mod registration;
mod session_secret;
mod text;
mod token;
mod user;

pub use auth_session::{AuthSession, NewAuthSession, SessionDetails, SessionId, SessionPolicy};
pub use client::{Client, UserAgent};
pub use email::{EmailAddress, EmailError};
pub use full_name::{FullName, FullNameError};
pub use password::{
    NewPassword, Password, PasswordError, PasswordHash, PasswordTooLong, WeakPassword,
};
pub use refresh_token::{RefreshClaims, RefreshToken};
pub use registration::{InvalidRegistration, Registration, RegistrationForm};
pub use session_secret::SessionSecret;
pub use token::{AccessClaims, AccessToken, TokenId};
pub use user::{Credentials, NewUser, User, UserId};
