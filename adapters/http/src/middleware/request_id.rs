use std::sync::atomic::{AtomicU64, Ordering};

use poem::http::{HeaderName, HeaderValue};
use uuid::{Builder, Uuid};

pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const MAX_BYTES: usize = 64;

/// Numbers requests: a random beginning for the process, a count for the request. It is for finding lines in a log, and
/// no rule depends on nobody's guessing it.
pub(super) struct RequestIds {
    process: u64,
    count: AtomicU64,
}

impl RequestIds {
    #[allow(clippy::disallowed_methods, reason = "an id for logs")]
    pub(super) fn new() -> Self {
        Self { process: Uuid::new_v4().as_u64_pair().0, count: AtomicU64::new(0) }
    }

    /// The caller's id if it is a sane one, since it ends up in logs; else a new one.
    pub(super) fn of(&self, sent: Option<&HeaderValue>) -> HeaderValue {
        let is_sane = |id: &&HeaderValue| {
            (1..=MAX_BYTES).contains(&id.len()) && id.as_bytes().iter().all(u8::is_ascii_graphic)
        };
        sent.filter(is_sane).cloned().unwrap_or_else(|| self.next())
    }

    fn next(&self) -> HeaderValue {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let id = Builder::from_u128(u128::from(self.process) << 64 | u128::from(count)).into_uuid();
        let mut buffer = Uuid::encode_buffer();
        HeaderValue::from_str(id.hyphenated().encode_lower(&mut buffer))
            .unwrap_or(HeaderValue::from_static("unknown"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sane_id_is_kept() {
        for id in ["1", "a-B_3.~", &"x".repeat(64)] {
            let id = HeaderValue::from_str(id).unwrap();
            assert_eq!(RequestIds::new().of(Some(&id)), id);
        }
    }

    #[test]
    fn any_other_id_is_replaced() {
        let ids = RequestIds::new();
        for id in ["", "with space", "tab\there", "caf\u{e9}", &"x".repeat(65)] {
            let id = HeaderValue::from_bytes(id.as_bytes()).unwrap();
            assert_eq!(ids.of(Some(&id)).len(), 36, "{id:?}");
        }
    }

    #[test]
    fn no_two_new_ids_are_equal_in_one_process_or_two() {
        let ids = RequestIds::new();
        assert_ne!(ids.of(None), ids.of(None));
        assert_ne!(ids.of(None), RequestIds::new().of(None));
    }
}
