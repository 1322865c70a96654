use http::{HeaderMap, HeaderName};
use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// The length of version 00. Later versions may have more.
const LENGTH: usize = 55;
/// What W3C Trace Context, section 3.3.1.5 asks to keep at least. Every span of the request has a copy.
const MAX_STATE_BYTES: usize = 512;

/// Returns the span of the caller (W3C Trace Context, sections 3.2 and 3.3), if the headers are valid.
pub(crate) fn parent(headers: &HeaderMap) -> Option<SpanContext> {
    let mut values = headers.get_all(TRACEPARENT).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (trace_id, span_id, flags) = parse(value.as_bytes())?;
    Some(SpanContext::new(trace_id, span_id, flags, true, state(headers)))
}

/// Parses `version-traceid-spanid-flags`, in lower case.
fn parse(text: &[u8]) -> Option<(TraceId, SpanId, TraceFlags)> {
    let (known, rest) = text.split_at_checked(LENGTH)?;
    let [version] = hex(&known[..2])?;
    let is_length_right = rest.is_empty() || (version > 0 && rest[0] == b'-');
    let has_dashes = [2, 35, 52].iter().all(|at| known[*at] == b'-');
    if version == 0xff || !is_length_right || !has_dashes {
        return None;
    }
    let trace_id = TraceId::from_bytes(hex(&known[3..35])?);
    let span_id = SpanId::from_bytes(hex(&known[36..52])?);
    let [flags] = hex(&known[53..])?;
    let is_valid = trace_id != TraceId::INVALID && span_id != SpanId::INVALID;
    is_valid.then_some((trace_id, span_id, TraceFlags::new(flags) & TraceFlags::SAMPLED))
}

/// Parses lower-case hexadecimal digits.
fn hex<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

/// Returns what other systems added. It is left out if it is malformed or long.
fn state(headers: &HeaderMap) -> TraceState {
    let members = headers.get_all(TRACESTATE).iter().map(|value| value.to_str());
    let members: Result<Vec<_>, _> = members.collect();
    let state = members.map(|members| members.join(",")).unwrap_or_default();
    if state.len() > MAX_STATE_BYTES {
        return TraceState::default();
    }
    state.parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALID: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn headers(values: &[(HeaderName, &str)]) -> HeaderMap {
        values.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect()
    }

    fn parent_of(value: &str) -> Option<SpanContext> {
        parent(&headers(&[(TRACEPARENT, value)]))
    }

    #[test]
    fn valid_header_names_the_parent_and_its_decision() {
        for (flags, sampled) in [("00", false), ("01", true), ("02", false), ("ff", true)] {
            let parent = parent_of(&format!("{}{flags}", &VALID[..53])).unwrap();
            assert_eq!(parent.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
            assert_eq!(parent.span_id().to_string(), "00f067aa0ba902b7");
            assert_eq!((parent.is_sampled(), parent.is_remote()), (sampled, true), "{flags}");
        }
    }

    #[test]
    fn later_version_may_have_more_fields() {
        for version in ["01", "cc", "fe"] {
            assert!(parent_of(&format!("{version}{}", &VALID[2..])).is_some());
            assert!(parent_of(&format!("{version}{}-new", &VALID[2..])).is_some());
            assert!(parent_of(&format!("{version}{}new", &VALID[2..])).is_none());
        }
    }

    #[test]
    fn malformed_header_is_ignored() {
        for value in [
            "",
            "00",
            &VALID[..54],
            &format!("{VALID}-"),
            &format!("{VALID}0"),
            &format!(" {VALID}0"),
            &VALID.to_uppercase(),
            &VALID.replacen("00", "ff", 1),
            &VALID.replacen("00", "+0", 1),
            &VALID.replace('-', "_"),
            &VALID.replace("4bf9", "4bg9"),
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x",
        ] {
            assert_eq!(parent_of(value), None, "{value}");
        }
        assert_eq!(parent(&headers(&[])), None);
        let twice = headers(&[(TRACEPARENT, VALID), (TRACEPARENT, VALID)]);
        assert_eq!(parent(&twice), None);
        let mut not_ascii = HeaderMap::new();
        not_ascii.insert(TRACEPARENT, http::HeaderValue::from_bytes(&[0xff; 55]).unwrap());
        assert_eq!(parent(&not_ascii), None);
    }

    #[test]
    fn state_is_joined_and_left_out_if_malformed_or_long() {
        let state_of = |values: &[&str]| {
            let mut sent = headers(&[(TRACEPARENT, VALID)]);
            sent.extend(values.iter().map(|value| (TRACESTATE, value.parse().unwrap())));
            parent(&sent).unwrap().trace_state().header()
        };
        assert_eq!(state_of(&[]), "");
        assert_eq!(state_of(&["a=1", "b=2"]), "a=1,b=2");
        assert_eq!(state_of(&["no pair"]), "");
        // A value has at most 256 bytes.
        let of_length = |length: usize| format!("a={}", "x".repeat(length - 2));
        let (first, second) = (of_length(255), of_length(256).replace('a', "b"));
        assert_eq!(state_of(&[&first, &second]).len(), 512);
        assert_eq!(state_of(&[&first, &second, "c"]), "");
        assert_eq!(state_of(&[&first, &format!("{second}x")]), "");
    }
}
