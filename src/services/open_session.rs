use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use super::AuthService;
use crate::{
    domain::{
        AccessClaims, AuthSession, Channel, Client, Grant, IssuedTokens, NewAuthSession,
        RefreshClaims, SessionId, SessionSecret, TokenId, User,
    },
    ports::{AccessTokensError, random_bytes},
};

/// A signed-in user and the credential of the session.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The account.
    pub user: User,
    /// The credential for the client.
    pub grant: Grant,
}

impl AuthService {
    /// Opens a session on any channel. Every use case that opens a session calls this. `store` stores the session and
    /// returns its user.
    pub(super) async fn open_session<E: From<AccessTokensError>>(
        &self,
        channel: Channel,
        client: Client,
        store: impl AsyncFnOnce(NewAuthSession) -> Result<User, E>,
    ) -> Result<SignedIn, E> {
        let (secret, replaces) = match channel {
            Channel::Tokens => (None, Vec::new()),
            Channel::SessionSecret { replaces } => {
                let secret = SessionSecret::from_random(random_bytes(&*self.ports.random));
                (Some(secret), replaces)
            }
        };
        let session = NewAuthSession {
            id: SessionId::from_random(random_bytes(&*self.ports.random)),
            created_at: self.ports.clock.now(),
            client,
            secret: secret.clone(),
            replaces,
        };
        let (id, now) = (session.id, session.created_at);
        let user = store(session).await?;
        let grant = match secret {
            Some(secret) => Grant::SessionSecret(secret),
            None => {
                let session = AuthSession {
                    id,
                    user_id: user.id,
                    created_at: now,
                    last_seen_at: now,
                    refresh_generation: 0,
                    // The tokens do not depend on it.
                    previous_login: None,
                };
                Grant::Tokens(self.issue_tokens(&session, 0, now)?)
            }
        };
        Ok(SignedIn { user, grant })
    }

    /// Issues the tokens of a session that is used at `now`. The access token does not outlive the session.
    pub(super) fn issue_tokens(
        &self,
        session: &AuthSession,
        generation: u32,
        now: DateTime<Utc>,
    ) -> Result<IssuedTokens, AccessTokensError> {
        let left = self.settings.session.time_left(session.created_at, now);
        let expires_in = self.settings.access_token_lifetime.min(left);
        let expires_in = TimeDelta::seconds(expires_in.num_seconds());
        let issued_at = now.trunc_subsecs(0);
        let access_token = self.ports.access_tokens.issue(&AccessClaims {
            user_id: session.user_id,
            session_id: session.id,
            token_id: TokenId::from_random(random_bytes(&*self.ports.random)),
            issued_at,
            expires_at: issued_at + expires_in,
            not_before: None,
        })?;
        let refresh_token =
            self.ports.refresh_tokens.issue(RefreshClaims { session_id: session.id, generation });
        Ok(IssuedTokens { access_token, expires_in, refresh_token })
    }
}
