use poem::http::{HeaderName, HeaderValue};
use uuid::Uuid;

pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const MAX_BYTES: usize = 64;

/// Returns the caller's id if it is short visible ASCII, which is safe in logs, or a new random id. A random id does not reveal
/// the number of requests.
#[allow(clippy::disallowed_methods, reason = "the id is only for logs")]
pub(super) fn request_id(sent: Option<&HeaderValue>) -> HeaderValue {
    let is_sane = |id: &&HeaderValue| {
        (1..=MAX_BYTES).contains(&id.len()) && id.as_bytes().iter().all(u8::is_ascii_graphic)
    };
    sent.filter(is_sane).cloned().unwrap_or_else(|| {
        let mut buffer = Uuid::encode_buffer();
        HeaderValue::from_str(Uuid::new_v4().hyphenated().encode_lower(&mut buffer))
            .unwrap_or(HeaderValue::from_static("unknown"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_visible_id_is_kept() {
        for id in ["1", "a-B_3.~", &"x".repeat(64)] {
            let id = HeaderValue::from_str(id).unwrap();
            assert_eq!(request_id(Some(&id)), id);
        }
    }

    #[test]
    fn any_other_id_is_replaced_by_a_random_uuid() {
        let mut ids = Vec::new();
        for id in ["", "with space", "tab\there", "caf\u{e9}", &"x".repeat(65)] {
            let id = HeaderValue::from_bytes(id.as_bytes()).unwrap();
            let id = Uuid::try_parse(request_id(Some(&id)).to_str().unwrap()).unwrap();
            assert_eq!(id.get_version_num(), 4);
            ids.push(id);
        }
        // Sequential ids would share their first half.
        let heads: Vec<_> = ids.iter().map(|id| id.as_u64_pair().0).collect();
        assert!(heads.iter().skip(1).all(|head| *head != heads[0]), "{ids:?}");
    }
}
