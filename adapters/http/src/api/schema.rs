//! The JSON bodies of responses.

use chrono::{DateTime, SecondsFormat, Utc};
use coach_core::{
    domain::{FullName, Grant, SessionDetails, SessionId, SessionPolicy, User},
    services::SignedIn,
};
use poem_openapi::{Enum, Object, types::Example};
use serde::Serialize;

use crate::response::{
    EXAMPLE_REFRESH_TOKEN, Problem,
    formatted::{EmailText, Timestamp, Uuid},
};

const TIME: &str = "2026-02-13T12:00:00Z";

/// The sessions of a user, most recently used first.
#[derive(Object, Serialize)]
#[oai(rename = "SessionList", example)]
pub(super) struct SessionsBody {
    /// The live sessions.
    pub(super) sessions: Vec<SessionBody>,
}

impl Example for SessionsBody {
    fn example() -> Self {
        Self { sessions: vec![SessionBody::example()] }
    }
}

/// A signed-in session.
#[derive(Object, Serialize)]
#[oai(rename = "Session", example)]
pub(super) struct SessionBody {
    /// The id of the session. It is not a credential.
    pub(super) id: Uuid,
    /// The start of the session, in UTC.
    created_at: Timestamp,
    /// The last use of the session, in UTC, exact to within five minutes.
    last_seen_at: Timestamp,
    /// The end of the session if it is not used again, in UTC.
    expires_at: Timestamp,
    /// The User-Agent of the client that started the session, or null.
    #[oai(nullable)]
    user_agent: Option<String>,
    /// The IP address of the client that started the session, or null.
    #[oai(nullable)]
    ip: Option<String>,
    /// Whether the session made this request.
    current: bool,
}

impl Example for SessionBody {
    fn example() -> Self {
        Self {
            id: "a0f58c69-85ba-4cb4-90e1-675b2d66aaa3".into(),
            created_at: TIME.into(),
            last_seen_at: TIME.into(),
            expires_at: "2026-02-20T12:00:00Z".into(),
            user_agent: Some("curl/8.5.0".to_owned()),
            ip: Some("127.0.0.1".to_owned()),
            current: true,
        }
    }
}

/// An account.
#[derive(Object, Serialize)]
#[oai(rename = "User", example)]
pub(super) struct UserBody {
    /// The id of the account. It is never reused.
    id: i64,
    /// The email address, in lower case.
    email: EmailText,
    /// The name of the person, or null.
    #[oai(nullable)]
    full_name: Option<String>,
    /// Whether the account can log in.
    is_active: bool,
    /// The time of the registration, in UTC.
    created_at: Timestamp,
}

impl Example for UserBody {
    fn example() -> Self {
        Self {
            id: 1,
            email: "test@example.com".into(),
            full_name: Some("Test User".to_owned()),
            is_active: true,
            created_at: TIME.into(),
        }
    }
}

/// The type of an access token (RFC 6750).
#[derive(Enum, Serialize)]
#[oai(rename_all = "lowercase")]
#[serde(rename_all = "lowercase")]
pub(super) enum TokenType {
    /// Sent as `Authorization: Bearer`.
    Bearer,
}

/// New tokens and their account.
#[derive(Object, Serialize)]
#[oai(rename = "Token", example)]
pub(super) struct TokenBody {
    user: UserBody,
    /// Send it as `Authorization: Bearer`.
    access_token: String,
    token_type: TokenType,
    /// The lifetime of the access token, in seconds.
    expires_in: i64,
    /// Exchange it once for new tokens at `POST /auth/refresh`.
    refresh_token: String,
}

impl Example for TokenBody {
    fn example() -> Self {
        Self {
            user: UserBody::example(),
            access_token:
                "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJIUzI1NiIsImtpZCI6Ii4uLiJ9.eyJzdWIiOiIxIn0.c2ln"
                    .to_owned(),
            token_type: TokenType::Bearer,
            expires_in: 1800,
            refresh_token: EXAMPLE_REFRESH_TOKEN.to_owned(),
        }
    }
}

/// Public keys that verify access tokens (RFC 7517, section 5).
#[derive(Object)]
#[oai(rename = "JwkSet", example)]
#[allow(dead_code, reason = "describes the output of the tokens adapter")]
pub(super) struct JwkSetBody {
    /// The current key, then former ones. Empty if tokens are signed with a secret.
    keys: Vec<JwkBody>,
}

impl Example for JwkSetBody {
    fn example() -> Self {
        Self { keys: vec![JwkBody::example()] }
    }
}

/// A public key (RFC 7517, RFC 8037).
#[derive(Object)]
#[oai(rename = "Jwk", example)]
#[allow(dead_code, reason = "describes the output of the tokens adapter")]
pub(super) struct JwkBody {
    /// `OKP` for EdDSA, `EC` for ES256.
    kty: String,
    /// `sig`: the key signs.
    r#use: String,
    /// `EdDSA` or `ES256`.
    alg: String,
    /// The id of the key in tokens (RFC 7638).
    kid: String,
    /// `Ed25519` or `P-256`.
    crv: String,
    /// The public key, or its x coordinate, in base64url.
    x: String,
    /// The y coordinate of an `EC` key, in base64url.
    #[oai(skip_serializing_if_is_none)]
    y: Option<String>,
}

/// The key of RFC 8037, appendix A.2.
impl Example for JwkBody {
    fn example() -> Self {
        Self {
            kty: "OKP".to_owned(),
            r#use: "sig".to_owned(),
            alg: "EdDSA".to_owned(),
            kid: "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k".to_owned(),
            crv: "Ed25519".to_owned(),
            x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".to_owned(),
            y: None,
        }
    }
}

impl From<User> for UserBody {
    fn from(user: User) -> Self {
        Self {
            id: user.id.0,
            email: EmailText(user.email.to_string()),
            full_name: user.full_name.as_ref().map(FullName::as_str).map(str::to_owned),
            is_active: user.is_active,
            created_at: user.created_at.into(),
        }
    }
}

impl TokenBody {
    /// Creates the response for a session.
    ///
    /// # Errors
    ///
    /// Returns an internal error if the session has no tokens.
    pub(super) fn new(SignedIn { user, grant }: SignedIn) -> Result<Self, Problem> {
        let Grant::Tokens(tokens) = grant else { return Err(Problem::internal()) };
        Ok(Self {
            user: user.into(),
            access_token: tokens.access_token.expose().to_owned(),
            token_type: TokenType::Bearer,
            expires_in: tokens.expires_in.num_seconds(),
            refresh_token: tokens.refresh_token.expose().to_owned(),
        })
    }
}

impl SessionBody {
    pub(super) fn new(details: SessionDetails, policy: &SessionPolicy, current: SessionId) -> Self {
        let SessionDetails { session, client } = details;
        Self {
            id: Uuid(session.id.to_string()),
            created_at: session.created_at.into(),
            last_seen_at: session.last_seen_at.into(),
            expires_at: policy.expires_at(&session).into(),
            user_agent: client.user_agent.map(|name| name.as_str().to_owned()),
            ip: client.ip.map(|ip| ip.to_string()),
            current: session.id == current,
        }
    }
}

/// Drops fractions of a second.
impl From<DateTime<Utc>> for Timestamp {
    fn from(time: DateTime<Utc>) -> Self {
        Self(time.to_rfc3339_opts(SecondsFormat::Secs, true))
    }
}

#[cfg(test)]
mod tests {
    use poem_openapi::types::ToJSON;

    use super::*;

    fn is_described<T: Example + ToJSON + Serialize>() {
        let body = serde_json::to_value(T::example()).unwrap();
        assert_eq!(Some(body), T::example().to_json());
    }

    /// The document describes the bodies by Poem's derive, and serde's derive writes them.
    ///
    /// ASVS 15.3.1.
    #[test]
    fn bodies_are_as_the_document_describes_them() {
        is_described::<SessionsBody>();
        is_described::<TokenBody>();
        is_described::<UserBody>();
    }
}
