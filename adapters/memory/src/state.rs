use std::{cmp::Reverse, collections::BTreeMap};

use chrono::{DateTime, Utc};
use coach_core::{
    domain::{
        AuditEntry, AuditEntryId, AuthSession, Credentials, EmailAddress, NewAuthSession,
        NewPasswordCode, PasswordCode, PasswordHash, PracticeSession, PracticeSessionId,
        SessionDetails, SessionId, SessionPolicy, SessionSecret, UserId, UserSession,
    },
    ports::RepositoryError,
};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The stored accounts, sessions, one-time codes, practice sessions and audit trail.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) accounts: BTreeMap<UserId, Credentials>,
    pub(crate) sessions: BTreeMap<SessionId, StoredSession>,
    pub(crate) codes: BTreeMap<UserId, StoredCode>,
    pub(crate) practice_sessions: BTreeMap<PracticeSessionId, PracticeSession>,
    /// The audit trail in the order of its ids.
    pub(crate) audit_entries: Vec<AuditEntry>,
    last_user_id: i64,
    last_audit_entry_id: i64,
}

#[derive(Debug)]
pub(crate) struct StoredSession {
    pub(crate) details: SessionDetails,
    pub(crate) digest: Option<Digest>,
    /// When each refresh token was spent, by generation.
    pub(crate) spent: BTreeMap<u32, DateTime<Utc>>,
}

/// A one-time code.
#[derive(Debug)]
pub(crate) struct StoredCode {
    digest: Digest,
    expires_at: DateTime<Utc>,
    pub(crate) tries_left: u32,
}

type Digest = [u8; 32];

/// Returns the SHA-256 of a secret. A slow hash is unnecessary, because 256 random bits cannot be guessed.
pub(crate) fn digest(secret: &SessionSecret) -> Digest {
    Sha256::digest(secret.expose()).into()
}

impl StoredCode {
    pub(crate) fn new(new: &NewPasswordCode) -> Self {
        let digest = Self::digest(&new.code);
        Self { digest, expires_at: new.expires_at, tries_left: PasswordCode::MAX_TRIES }
    }

    /// Returns whether the code is right and can be used at `now`.
    pub(crate) fn accepts(&self, code: &PasswordCode, now: DateTime<Utc>) -> bool {
        let is_right = bool::from(self.digest.ct_eq(&Self::digest(code)));
        is_right && now < self.expires_at && self.tries_left > 0
    }

    fn digest(code: &PasswordCode) -> Digest {
        Sha256::digest(code.expose()).into()
    }
}

impl StoredSession {
    pub(crate) fn id(&self) -> SessionId {
        self.details.session.id
    }

    pub(crate) fn user_id(&self) -> UserId {
        self.details.session.user_id
    }

    fn new(user_id: UserId, new: NewAuthSession, previous_login: Option<DateTime<Utc>>) -> Self {
        let session = AuthSession {
            id: new.id,
            user_id,
            created_at: new.created_at,
            last_seen_at: new.created_at,
            refresh_generation: 0,
            previous_login,
        };
        let digest = new.secret.as_ref().map(digest);
        let details = SessionDetails { session, client: new.client };
        Self { details, digest, spent: BTreeMap::new() }
    }
}

impl State {
    /// Returns an id that no account ever had.
    pub(crate) fn next_user_id(&mut self) -> UserId {
        self.last_user_id += 1;
        UserId(self.last_user_id)
    }

    /// Returns an id that is greater than all that it returned before.
    pub(crate) fn next_audit_entry_id(&mut self) -> AuditEntryId {
        self.last_audit_entry_id += 1;
        AuditEntryId(self.last_audit_entry_id)
    }

    pub(crate) fn with_email(&self, email: &EmailAddress) -> Option<&Credentials> {
        self.accounts.values().find(|account| account.user.email == *email)
    }

    /// Returns the account if it is active.
    pub(crate) fn active(&mut self, id: UserId) -> Option<&mut Credentials> {
        self.accounts.get_mut(&id).filter(|account| account.user.is_active)
    }

    /// Returns the account if it is active and still has the verified password hash.
    pub(crate) fn verified(&mut self, id: UserId, hash: &PasswordHash) -> Option<&mut Credentials> {
        self.active(id).filter(|account| account.password_hash.expose() == hash.expose())
    }

    pub(crate) fn with_user(&self, stored: &StoredSession) -> Option<UserSession> {
        let user = self.accounts.get(&stored.user_id())?.user.clone();
        Some(UserSession { user, session: stored.details.session })
    }

    /// Returns the sessions of an account, most recently used first.
    pub(crate) fn sessions_of(&self, user_id: UserId) -> Vec<&SessionDetails> {
        let own = self.sessions.values().filter(|stored| stored.user_id() == user_id);
        let mut own: Vec<_> = own.map(|stored| &stored.details).collect();
        own.sort_by_key(|details| (Reverse(details.session.last_seen_at), details.session.id));
        own
    }

    /// Stores a session. Ends the sessions that it replaces, the sessions that `ends` selects, and those above the
    /// limit. If the id or the secret is taken, it changes nothing.
    pub(crate) fn begin_session(
        &mut self,
        user_id: UserId,
        new: NewAuthSession,
        previous_login: Option<DateTime<Utc>>,
        ends: impl Fn(&StoredSession) -> bool,
    ) -> Result<(), RepositoryError> {
        let replaced: Vec<Digest> = new.replaces.iter().map(digest).collect();
        let new = StoredSession::new(user_id, new, previous_login);
        let ends = |stored: &StoredSession| {
            ends(stored) || stored.digest.is_some_and(|digest| replaced.contains(&digest))
        };
        let clashes = |stored: &StoredSession| {
            stored.id() == new.id() || (new.digest.is_some() && stored.digest == new.digest)
        };
        if self.sessions.values().any(|stored| clashes(stored) && !ends(stored)) {
            return Err(RepositoryError::Failed("the session already exists".into()));
        }
        self.end(ends);
        let others = self.sessions_of(user_id).into_iter();
        let excess = others.skip(SessionPolicy::MAX_SESSIONS - 1).map(|details| details.session.id);
        let excess: Vec<_> = excess.collect();
        self.end(|stored| excess.contains(&stored.id()));
        self.sessions.insert(new.id(), new);
        Ok(())
    }

    /// Removes an account and everything that belongs to it. Returns whether it existed.
    pub(crate) fn remove(&mut self, user_id: UserId) -> bool {
        self.end(|stored| stored.user_id() == user_id);
        self.codes.remove(&user_id);
        self.practice_sessions.retain(|_, session| session.user_id != user_id);
        self.accounts.remove(&user_id).is_some()
    }

    /// Ends the sessions that `ends` selects. Returns their users and their ids.
    pub(crate) fn end(
        &mut self,
        ends: impl Fn(&StoredSession) -> bool,
    ) -> Vec<(UserId, SessionId)> {
        let ended = self.sessions.extract_if(.., |_, stored| ends(stored));
        ended.map(|(id, stored)| (stored.user_id(), id)).collect()
    }
}
