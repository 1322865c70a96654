use percent_encoding::percent_decode;
use poem::{FromRequest, Request, RequestBody};
use serde_json::{Map, Value};

use super::{FORM, Fields, bytes, is_media_type, refuse_encoded};
use crate::response::{Problem, ProblemType};

/// A submitted form (URL Standard, section 5, `application/x-www-form-urlencoded`).
pub(crate) struct FormBody(pub(crate) Fields);

pub(crate) fn is_form(request: &Request) -> bool {
    is_media_type(request, FORM)
}

impl<'a> FromRequest<'a> for FormBody {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Self> {
        refuse_encoded(request.headers())?;
        if !is_form(request) {
            let detail = "Send the body as application/x-www-form-urlencoded.";
            return Err(Problem::new(ProblemType::UnsupportedMediaType, detail).into());
        }
        Ok(parse(&bytes(body).await?).map(Self)?)
    }
}

/// Reads a form. Refuses incomplete escapes, bytes that are not UTF-8, and repeated fields.
pub(super) fn parse(body: &[u8]) -> Result<Fields, Problem> {
    let (mut values, mut repeated) = (Map::new(), Vec::new());
    for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
            Some(equals) => (&pair[..equals], &pair[equals + 1..]),
            None => (pair, &[][..]),
        };
        let (Some(name), Some(value)) = (decode(name), decode(value)) else {
            let detail = "The request body is not valid form data. It has an incomplete escape like %4, or is not UTF-8.";
            return Err(Problem::new(ProblemType::MalformedBody, detail));
        };
        if values.insert(name.clone(), Value::String(value)).is_some() {
            repeated.push(name);
        }
    }
    Ok(Fields::of_texts(values, repeated))
}

fn decode(encoded: &[u8]) -> Option<String> {
    let is_escape =
        |rest: &[u8]| matches!(rest, [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit());
    let mut escapes = encoded.iter().enumerate().filter(|(_, byte)| **byte == b'%');
    if !escapes.all(|(at, _)| is_escape(&encoded[at + 1..])) {
        return None;
    }
    let spaced: Vec<u8> =
        encoded.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    Some(percent_decode(&spaced).decode_utf8().ok()?.into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(body: &str, field: &'static str) -> Option<String> {
        parse(body.as_bytes())
            .ok()
            .map(|mut fields| fields.optional_text(field).unwrap_or_default())
    }

    #[test]
    fn form_of_a_browser_is_decoded() {
        let body = "email=a%2Bb%40example.com&full_name=Zo%C3%AB+O%27Neil&empty=&bare&&x=1=2";
        assert_eq!(text(body, "email").as_deref(), Some("a+b@example.com"));
        assert_eq!(text(body, "full_name").as_deref(), Some("Zoë O'Neil"));
        assert_eq!(text(body, "empty").as_deref(), Some(""));
        assert_eq!(text(body, "bare").as_deref(), Some(""));
        assert_eq!(text(body, "x").as_deref(), Some("1=2"));
        assert_eq!(text("", "x").as_deref(), Some(""));
    }

    #[test]
    fn bad_escapes_are_malformed_and_repeated_fields_are_invalid() {
        for body in ["a=%", "a=%4", "a=%zz", "%=1", "a=%ff", "a=\u{0}%c3%28"] {
            assert_eq!(text(body, "a"), None, "{body}");
        }
        assert!(parse(b"a=\xff").is_err());
        for body in ["a=1&a=2", "a=1&%61=1"] {
            let problem = parse(body.as_bytes()).unwrap().finish(Some(())).unwrap_err();
            assert_eq!(problem.kind(), ProblemType::InvalidInput);
            assert_eq!(problem.errors()[0].field, "a");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_parse_without_a_panic(body: Vec<u8>) {
            let _ = parse(&body);
        }

        #[test]
        fn any_text_survives_encoding_and_parsing(value: String) {
            let body = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("field", &value)
                .finish();
            prop_assert_eq!(text(&body, "field"), Some(value));
        }
    }
}
