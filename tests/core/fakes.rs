//! Fakes of the slow and the cryptographic ports. Tests can read and forge their hashes and tokens.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use chrono::DateTime;
use coach_core::{
    domain::{
        AccessClaims, AccessToken, PasswordHash, PracticeFilter, PracticePosition,
        PracticeSessionId, RefreshClaims, RefreshToken, Refusal, SessionId, TokenId, UserId,
        WeakPassword,
    },
    ports::{
        AccessTokensError, Admission, InvalidToken, MockAccessTokens, MockAuthSessionRepository,
        MockPasswordHasher, MockPasswordStrength, MockPracticeCursors,
        MockPracticeSessionRepository, MockRefreshTokens, MockUserRepository, PasswordHasherError,
        PasswordStrengthError, RepositoryError, Verdict,
    },
};

/// The one password that is too weak.
pub const WEAK: &str = "password1";
/// The name of outdated hashes, which come before " of " and the password.
pub const OUTDATED: &str = "outdated hash";
/// The estimate of a busy port.
pub const RETRY_AFTER: Duration = Duration::from_secs(3);
pub const ADVICE: &str = "Add a few uncommon words.";

/// A hasher that has capacity and expects nothing else.
pub fn idle_hasher() -> MockPasswordHasher {
    let mut mock = MockPasswordHasher::new();
    mock.expect_admit().returning(|| Ok(Admission::default()));
    mock
}

/// Makes hashes that name the password and differ from one another.
pub fn password_hasher() -> MockPasswordHasher {
    let hashes = AtomicU32::new(0);
    let mut mock = idle_hasher();
    mock.expect_hash().returning(move |password| {
        let number = hashes.fetch_add(1, Ordering::SeqCst);
        Ok(PasswordHash::new(format!("hash {number} of {}", password.expose())))
    });
    mock.expect_verify().returning(|password, hash, _| {
        let hashed = hash.and_then(|hash| hash.expose().split_once(" of "));
        Ok(match hashed {
            Some((name, hashed)) if hashed == password.expose() => match name {
                OUTDATED => Verdict::RightButOutdated,
                _ => Verdict::Right,
            },
            _ => Verdict::Wrong,
        })
    });
    mock
}

/// Makes only outdated hashes, as another program did.
pub fn outdated_hasher() -> MockPasswordHasher {
    let mut mock = idle_hasher();
    mock.expect_hash().returning(|password| {
        Ok(PasswordHash::new(format!("{OUTDATED} of {}", password.expose())))
    });
    mock
}

/// A hasher that answers every call with this error.
pub fn failing_hasher(error: fn() -> PasswordHasherError) -> MockPasswordHasher {
    let mut mock = idle_hasher();
    mock.expect_hash().returning(move |_| Err(error()));
    mock.expect_verify().returning(move |_, _, _| Err(error()));
    mock
}

/// A hasher that verifies, but makes no new hash.
pub fn hasher_that_cannot_hash(error: fn() -> PasswordHasherError) -> MockPasswordHasher {
    let mut mock = idle_hasher();
    mock.expect_hash().returning(move |_| Err(error()));
    mock.expect_verify().returning(|_, _, _| Ok(Verdict::Right));
    mock
}

pub fn hasher_failed() -> PasswordHasherError {
    PasswordHasherError::Failed("out of memory".into())
}

pub fn password_strength() -> MockPasswordStrength {
    let mut mock = MockPasswordStrength::new();
    mock.expect_check().returning(|password, _| match password.as_ref().expose() {
        WEAK => Err(WeakPassword { advice: ADVICE.to_owned() }.into()),
        _ => Ok(()),
    });
    mock
}

pub fn busy_strength() -> MockPasswordStrength {
    let mut mock = MockPasswordStrength::new();
    mock.expect_check()
        .returning(|_, _| Err(PasswordStrengthError::Busy { retry_after: RETRY_AFTER }));
    mock
}

/// Tokens that spell out their claims.
pub fn access_tokens() -> MockAccessTokens {
    let mut mock = MockAccessTokens::new();
    mock.expect_issue().returning(|claims| Ok(AccessToken::new(write_access_token(claims))));
    mock.expect_verify()
        .returning(|token| read_access_token(token).ok_or(InvalidToken(Refusal::Malformed)));
    mock
}

/// Reads tokens, but makes none.
pub fn failing_access_tokens() -> MockAccessTokens {
    let mut mock = MockAccessTokens::new();
    mock.expect_issue().returning(|_| Err(AccessTokensError("no key".into())));
    mock
}

pub fn write_access_token(claims: &AccessClaims) -> String {
    let AccessClaims { user_id, session_id, token_id, issued_at, expires_at, not_before } = claims;
    let times = [Some(issued_at), Some(expires_at), not_before.as_ref()];
    let times =
        times.map(|time| time.map_or_else(String::new, |time| time.timestamp_micros().to_string()));
    format!("access {} {session_id} {token_id} {}", user_id.0, times.join(" "))
}

pub fn read_access_token(token: &str) -> Option<AccessClaims> {
    let words: Vec<_> = token.strip_prefix("access ")?.split(' ').collect();
    let [user_id, session_id, token_id, issued_at, expires_at, not_before] = words[..] else {
        return None;
    };
    let time = |word: &str| DateTime::from_timestamp_micros(word.parse().ok()?);
    Some(AccessClaims {
        user_id: UserId(user_id.parse().ok()?),
        session_id: SessionId::parse(session_id)?,
        token_id: TokenId::from_random(SessionId::parse(token_id)?.to_bytes()),
        issued_at: time(issued_at)?,
        expires_at: time(expires_at)?,
        not_before: time(not_before),
    })
}

pub fn refresh_tokens() -> MockRefreshTokens {
    let mut mock = MockRefreshTokens::new();
    mock.expect_issue().returning(|claims| {
        RefreshToken::new(format!("refresh {} {}", claims.session_id, claims.generation))
    });
    mock.expect_verify().returning(|token| {
        let (session_id, generation) = token.strip_prefix("refresh ")?.split_once(' ')?;
        let session_id = SessionId::parse(session_id)?;
        Some(RefreshClaims { session_id, generation: generation.parse().ok()? })
    });
    mock
}

/// Cursors that spell out their user, filter and position.
pub fn practice_cursors() -> MockPracticeCursors {
    fn write(user_id: UserId, filter: &PracticeFilter) -> String {
        format!("{} {:?}", user_id.0, filter)
    }
    let mut mock = MockPracticeCursors::new();
    mock.expect_issue().returning(|user_id, filter, after| {
        let scope = write(user_id, filter);
        format!("{} {}|{scope}", after.started_at.timestamp_micros(), after.id)
    });
    mock.expect_is_well_formed().returning(|cursor| cursor.contains('|'));
    mock.expect_verify().returning(|user_id, filter, cursor| {
        let (position, scope) = cursor.split_once('|')?;
        let (time, id) = position.split_once(' ')?;
        let position = PracticePosition {
            started_at: DateTime::from_timestamp_micros(time.parse().ok()?)?,
            id: PracticeSessionId::parse(id)?,
        };
        (scope == write(user_id, filter)).then_some(position)
    });
    mock
}

pub fn unavailable() -> RepositoryError {
    RepositoryError::Unavailable("connection refused".into())
}

/// Makes every method fail that the test did not expect before.
pub fn break_users(mut mock: MockUserRepository) -> MockUserRepository {
    mock.expect_create().returning(|_, _| Err(unavailable().into()));
    mock.expect_find_credentials().returning(|_| Err(unavailable()));
    mock.expect_find_for_login().returning(|_| Err(unavailable()));
    mock.expect_change_password().returning(|_, _| Err(unavailable()));
    mock.expect_update_profile().returning(|_, _| Err(unavailable().into()));
    mock.expect_delete().returning(|_, _| Err(unavailable()));
    mock.expect_set_active().returning(|_, _| Err(unavailable()));
    mock
}

/// Makes every method fail that the test did not expect before.
pub fn break_sessions(mut mock: MockAuthSessionRepository) -> MockAuthSessionRepository {
    mock.expect_begin().returning(|_, _, _| Err(unavailable()));
    mock.expect_find().returning(|_| Err(unavailable()));
    mock.expect_find_by_secret().returning(|_| Err(unavailable()));
    mock.expect_list().returning(|_| Err(unavailable()));
    mock.expect_spend().returning(|_, _, _| Err(unavailable()));
    mock.expect_touch().returning(|_, _| Err(unavailable()));
    mock.expect_end().returning(|_, _| Err(unavailable()));
    mock.expect_end_by_secrets().returning(|_| Err(unavailable()));
    mock.expect_end_others().returning(|_, _| Err(unavailable()));
    mock.expect_end_all().returning(|_| Err(unavailable()));
    mock.expect_purge().returning(|_, _| Err(unavailable()));
    mock
}

pub fn broken_practice_sessions() -> MockPracticeSessionRepository {
    let mut mock = MockPracticeSessionRepository::new();
    mock.expect_start().returning(|_| Err(unavailable()));
    mock.expect_list().returning(|_, _| Err(unavailable()));
    mock.expect_scores().returning(|_| Err(unavailable()));
    mock.expect_find().returning(|_, _| Err(unavailable()));
    mock.expect_end().returning(|_, _, _| Err(unavailable()));
    mock
}
