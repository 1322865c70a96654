use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::DateTime;
use coach_core::{
    domain::{PracticeFilter, PracticePosition, PracticeSessionId, PracticeState, UserId},
    ports::PracticeCursors,
};

use crate::{
    derive::DerivedKey,
    keys::{KeyRing, SigningKey},
};

const TIME_BYTES: usize = 8;
const POSITION_BYTES: usize = TIME_BYTES + 16;
const MAC_BYTES: usize = 32;
/// Length in base64url without padding.
const CHARACTERS: usize = ((POSITION_BYTES + MAC_BYTES) * 4).div_ceil(3);

/// Issues and verifies cursors. A cursor is the position, and an HMAC-SHA256 over the position, the user and the filter,
/// in base64url.
pub struct HmacPracticeCursors {
    current: DerivedKey,
    previous: Vec<DerivedKey>,
}

impl HmacPracticeCursors {
    /// Creates the adapter. Its keys are derived from the keys for access tokens, so that both rotate together.
    #[must_use]
    pub fn new(keys: &KeyRing) -> Self {
        let derive = |key: &SigningKey| DerivedKey::new(key.material(), "practice cursors");
        Self {
            current: derive(&keys.current),
            previous: keys.previous.iter().map(derive).collect(),
        }
    }
}

impl PracticeCursors for HmacPracticeCursors {
    fn issue(&self, user_id: UserId, filter: &PracticeFilter, after: PracticePosition) -> String {
        let position = encode(after);
        let mac = self.current.mac(&message(&position, user_id, filter));
        BASE64_URL_SAFE_NO_PAD.encode([&position[..], &mac].concat())
    }

    fn is_well_formed(&self, cursor: &str) -> bool {
        bytes(cursor).is_some()
    }

    fn verify(
        &self,
        user_id: UserId,
        filter: &PracticeFilter,
        cursor: &str,
    ) -> Option<PracticePosition> {
        let cursor = bytes(cursor)?;
        let (position, mac) = cursor.split_at_checked(POSITION_BYTES)?;
        let message = message(position, user_id, filter);
        let mut keys = [&self.current].into_iter().chain(&self.previous);
        keys.any(|key| key.verifies(&message, mac)).then(|| decode(position))?
    }
}

fn bytes(cursor: &str) -> Option<Vec<u8>> {
    let cursor = Some(cursor).filter(|cursor| cursor.len() == CHARACTERS)?;
    BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()
}

fn encode(position: PracticePosition) -> [u8; POSITION_BYTES] {
    let mut bytes = [0; POSITION_BYTES];
    let (time, id) = bytes.split_at_mut(TIME_BYTES);
    time.copy_from_slice(&position.started_at.timestamp_micros().to_be_bytes());
    id.copy_from_slice(&position.id.to_bytes());
    bytes
}

fn decode(position: &[u8]) -> Option<PracticePosition> {
    let (time, id) = position.split_at_checked(TIME_BYTES)?;
    let time = i64::from_be_bytes(time.try_into().ok()?);
    Some(PracticePosition {
        started_at: DateTime::from_timestamp_micros(time)?,
        id: PracticeSessionId::from_bytes(id.try_into().ok()?),
    })
}

/// Returns the message of the MAC. Every part but the last has a fixed length, so that different inputs have different
/// messages.
fn message(position: &[u8], user_id: UserId, filter: &PracticeFilter) -> Vec<u8> {
    let state = match filter.state {
        None => 0,
        Some(PracticeState::Open) => 1,
        Some(PracticeState::Ended) => 2,
    };
    // A category is never empty.
    let category = filter.category.as_ref().map_or("", |category| category.as_str());
    [position, &user_id.0.to_be_bytes(), &[state], category.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, Utc};
    use coach_core::domain::CategoryFilter;
    use proptest::prelude::*;

    use super::*;
    use crate::{HmacAlgorithm, SigningSecret};

    const USER: UserId = UserId(1);

    fn cursors(current: u8, previous: &[u8]) -> HmacPracticeCursors {
        let secret = |byte: u8| SigningSecret::new((byte..byte + 32).collect()).unwrap();
        let mut keys = KeyRing::hmac(&secret(current), HmacAlgorithm::HS256);
        for byte in previous {
            keys.accept_secret(&secret(*byte));
        }
        HmacPracticeCursors::new(&keys)
    }

    fn position(micros: i64, id: [u8; 16]) -> PracticePosition {
        let started_at = DateTime::UNIX_EPOCH + TimeDelta::microseconds(micros);
        PracticePosition { started_at, id: PracticeSessionId::from_bytes(id) }
    }

    fn filter(category: &str, state: Option<PracticeState>) -> PracticeFilter {
        PracticeFilter { category: CategoryFilter::parse(category).unwrap(), state }
    }

    fn all_filters() -> Vec<PracticeFilter> {
        let states = [None, Some(PracticeState::Open), Some(PracticeState::Ended)];
        let with = |category| states.map(|state| filter(category, state));
        ["", "a", "b", "ab"].into_iter().flat_map(with).collect()
    }

    #[test]
    fn cursor_is_valid_for_its_user_and_filter_alone() {
        let (cursors, at) = (cursors(1, &[]), position(7, [0xab; 16]));
        for issued_for in all_filters() {
            let cursor = cursors.issue(USER, &issued_for, at);
            for used_for in all_filters() {
                let expected = (used_for == issued_for).then_some(at);
                assert_eq!(cursors.verify(USER, &used_for, &cursor), expected, "{used_for:?}");
                assert_eq!(cursors.verify(UserId(2), &used_for, &cursor), None);
            }
        }
    }

    #[test]
    fn previous_keys_are_accepted_until_they_are_removed() {
        let (any, at) = (PracticeFilter::default(), position(7, [0xab; 16]));
        let cursor = cursors(1, &[]).issue(USER, &any, at);
        assert_eq!(cursors(2, &[3, 1]).verify(USER, &any, &cursor), Some(at));
        assert_eq!(cursors(2, &[3]).verify(USER, &any, &cursor), None);
    }

    #[test]
    fn extreme_times_survive() {
        let any = PracticeFilter::default();
        for started_at in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            let micros = TimeDelta::microseconds(started_at.timestamp_micros());
            let started_at = DateTime::UNIX_EPOCH + micros;
            let at = PracticePosition { started_at, ..position(0, [0; 16]) };
            let cursor = cursors(1, &[]).issue(USER, &any, at);
            assert_eq!(cursors(1, &[]).verify(USER, &any, &cursor), Some(at));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_refused_without_a_panic(text: String, other in "[A-Za-z0-9_-]{75}") {
            for text in [text, other] {
                let verified = cursors(1, &[2]).verify(USER, &PracticeFilter::default(), &text);
                prop_assert_eq!(verified, None);
            }
        }

        #[test]
        fn cursor_survives_the_round_trip_and_fits_in_a_url(
            user: i64,
            micros in -62_135_596_800_000_000_i64..253_402_300_799_999_999,
            id: [u8; 16],
            category in "\\PC{0,50}",
        ) {
            let (cursors, at) = (cursors(1, &[]), position(micros, id));
            let category = CategoryFilter::restore(&category);
            let filter = PracticeFilter { category, state: Some(PracticeState::Open) };
            let cursor = cursors.issue(UserId(user), &filter, at);
            prop_assert_eq!(cursors.verify(UserId(user), &filter, &cursor), Some(at));
            prop_assert_eq!(cursor.len(), CHARACTERS);
            prop_assert!(cursors.is_well_formed(&cursor));
            prop_assert!(!cursors.is_well_formed(&cursor[1..]));
            prop_assert!(!cursors.is_well_formed(&cursor.replacen(&cursor[..1], "=", 1)));
            let in_url = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            prop_assert!(cursor.bytes().all(in_url));
        }

        #[test]
        fn cursor_with_one_changed_character_is_refused(
            micros in 0..i64::from(u32::MAX),
            id: [u8; 16],
            place in 0..CHARACTERS,
            replacement: char,
        ) {
            let (cursors, any) = (cursors(1, &[]), PracticeFilter::default());
            let cursor = cursors.issue(USER, &any, position(micros, id));
            for replacement in "Aa0-_=".chars().chain([replacement]) {
                let mut changed: Vec<char> = cursor.chars().collect();
                changed[place] = replacement;
                let changed: String = changed.into_iter().collect();
                if changed == cursor {
                    continue;
                }
                prop_assert_eq!(cursors.verify(USER, &any, &changed), None, "{}", changed);
            }
        }
    }
}
