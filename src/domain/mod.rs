//! Domain types, valid by construction: every value obeys the rules of its type.

mod account;
mod audit_entry;
mod auth_event;
mod auth_session;
mod channel;
mod client;
mod email;
mod full_name;
mod page_limit;
mod password;
mod password_code;
mod password_hash;
mod practice_filter;
mod practice_score;
mod practice_session;
mod practice_settings;
mod profile;
mod refresh_token;
mod refusal;
mod registration;
mod session_policy;
mod session_secret;
mod text;
mod token;
mod user;

pub use account::{
    AccountFilter, AccountKey, AccountKeyError, AccountSummary, ImportedAccount, LiveTimes,
    SearchText, escape_invisible,
};
pub use audit_entry::{
    AuditEntry, AuditEntryId, AuditPosition, EventName, EventOrigin, NewAuditEntry, OperatorName,
};
pub use auth_event::AuthEvent;
pub use auth_session::{AuthSession, NewAuthSession, SessionDetails, SessionId, UserSession};
pub use channel::{Channel, Grant, IssuedTokens};
pub use client::{Client, UserAgent};
pub use email::{EmailAddress, EmailError};
pub use full_name::{FullName, FullNameError};
pub use page_limit::{PageLimit, PageLimitError};
pub use password::{
    CurrentPasswordError, NewPassword, Password, PasswordError, PasswordTooLong, WeakPassword,
};
pub use password_code::{NewPasswordCode, PasswordCode};
pub use password_hash::{PasswordHash, PasswordScheme};
pub use practice_filter::{
    PracticeFilter, PracticePage, PracticePosition, PracticeQuery, PracticeState, UnknownState,
};
pub use practice_score::PracticeScore;
pub use practice_session::{PracticeSession, PracticeSessionId};
pub use practice_settings::{
    CategoryFilter, PracticeMode, PracticeSettings, PracticeSettingsError, TimerMinutes,
};
pub use profile::{EmailUpdate, ProfileChange, ProfileUpdate};
pub use refresh_token::{RefreshClaims, RefreshToken};
pub use refusal::Refusal;
pub use registration::{InvalidRegistration, Registration};
pub use session_policy::{Cutoffs, SessionPolicy};
pub use session_secret::SessionSecret;
pub use token::{AccessClaims, AccessToken, TokenId};
pub use user::{Credentials, NewUser, User, UserId};
