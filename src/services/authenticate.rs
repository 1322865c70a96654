use chrono::{DateTime, TimeDelta, Utc};

use super::{AuthService, Credential};
use crate::{
    domain::{AuthSession, SessionId, SessionSecret, User},
    ports::{AuthEvent, RepositoryError},
};

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authenticated {
    /// The account, active.
    pub user: User,
    /// The session, alive.
    pub session: AuthSession,
    /// When this use was written down: how much longer the session lasts at the most, so that a browser's cookie can
    /// last as long.
    pub renewed: Option<TimeDelta>,
}

/// Why nobody knows who makes a request.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    /// The credential is not ours, not current, or of a session that is over or of an inactive account.
    #[error("the credential is not valid")]
    InvalidCredential,
    /// The repository failed.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl AuthService {
    /// Tells whose credential this is, and counts the request as a use of the session.
    ///
    /// # Errors
    ///
    /// See [`AuthenticateError`].
    pub async fn authenticate(
        &self,
        credential: Credential<'_>,
    ) -> Result<Authenticated, AuthenticateError> {
        let now = self.ports.clock.now();
        let (named, found) = match credential {
            Credential::AccessToken(token) => self.find_by_token(token, now).await?,
            Credential::SessionSecret(text) => match SessionSecret::parse(text) {
                Some(secret) => (None, self.ports.sessions.find_by_secret(&secret).await?),
                None => (None, None),
            },
        };
        let policy = &self.settings.session;
        let may_use =
            |(session, user): &(AuthSession, User)| user.is_active && policy.is_live(session, now);
        let Some((session, user)) = found.filter(may_use) else {
            self.record(AuthEvent::CredentialRefused { session_id: named });
            return Err(AuthenticateError::InvalidCredential);
        };
        // Whoever may read is let in though the use cannot be written down: the session ends the sooner for it.
        let slides = policy.touch_is_due(&session, now)
            && self.ports.sessions.touch(session.id, now).await.is_ok();
        let renewed = slides.then(|| policy.remaining(session.created_at, now));
        Ok(Authenticated { user, session, renewed })
    }

    /// The session that a token of ours names, and that session, if the token is current and its own.
    async fn find_by_token(
        &self,
        token: &str,
        now: DateTime<Utc>,
    ) -> Result<(Option<SessionId>, Option<(AuthSession, User)>), RepositoryError> {
        let Ok(claims) = self.ports.token_verifier.verify(token) else {
            return Ok((None, None));
        };
        let found = match claims.is_current(now) {
            true => self.ports.sessions.find(claims.session_id).await?,
            false => None,
        };
        let is_own = |(_, user): &(AuthSession, User)| user.id == claims.user_id;
        Ok((Some(claims.session_id), found.filter(is_own)))
    }
}
