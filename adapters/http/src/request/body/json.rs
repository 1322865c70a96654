use std::fmt;

use poem::{Request, RequestBody};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaMediaType, MetaRequest, Registry},
    types::Type,
};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::{Fields, JSON, bytes, form, is_form, is_json, malformed, refuse_encoded};
use crate::{
    request::PageRequest,
    response::{Problem, ProblemType},
};

/// A body that is read field by field, from JSON or a form.
pub(crate) trait ReadFields {
    /// The value that the fields parse into.
    type Read;

    /// Parses the fields.
    ///
    /// # Errors
    ///
    /// Returns a problem that names every bad field.
    fn read(fields: Fields) -> Result<Self::Read, Problem>;
}

/// The body of an API request: a JSON object, or a form from a client that asks for JSON. `T` describes and parses it.
pub(crate) struct ApiBody<T: ReadFields>(pub(crate) T::Read);

impl<T: ReadFields> ApiBody<T> {
    async fn read(request: &Request, body: &mut RequestBody) -> Result<Self, Problem> {
        refuse_encoded(request.headers())?;
        let fields = if is_json(request) {
            parse(&bytes(body).await?)?
        } else if is_form(request) && PageRequest::of(request).is_none() {
            form::parse(&bytes(body).await?)?
        } else {
            return Err(ProblemType::UnsupportedMediaType.into());
        };
        T::read(fields).map(Self)
    }
}

/// Maximum nesting of objects and arrays. Below the limit of the parser, so that the error is one of ours.
pub(super) const MAX_DEPTH: usize = 100;

pub(super) fn parse(body: &[u8]) -> Result<Fields, Problem> {
    let mut repeated = Vec::new();
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = Unique { repeated: &mut repeated, depth: 0 }.deserialize(&mut json);
    let value = value.and_then(|value| json.end().map(|()| value));
    let value = value.map_err(|error| malformed::problem(body, &error))?;
    match value {
        Value::Object(object) => Ok(Fields::new(object, repeated)),
        _ => {
            Err(Problem::new(ProblemType::InvalidInput, "The request body must be a JSON object."))
        }
    }
}

/// Reads any JSON value and records repeated members of objects. They are refused, because parsers disagree about which one
/// counts (RFC 8259, section 4).
struct Unique<'a> {
    repeated: &'a mut Vec<String>,
    /// The number of objects and arrays around the value.
    depth: usize,
}

impl Unique<'_> {
    /// Returns the seed for a value inside this one.
    fn inner<E: Error>(&mut self) -> Result<Unique<'_>, E> {
        match self.depth {
            MAX_DEPTH => Err(E::custom("too deep")),
            depth => Ok(Unique { repeated: self.repeated, depth: depth + 1 }),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Unique<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unique<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(self.inner::<A::Error>()?)? {
            array.push(item);
        }
        Ok(array.into())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(self.inner::<A::Error>()?)?;
            if object.insert(name.clone(), value).is_some() {
                self.repeated.push(name);
            }
        }
        Ok(object.into())
    }
}

impl<'a, T: Type + ReadFields> ApiExtractor<'a> for ApiBody<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let content = vec![MetaMediaType { content_type: JSON, schema: T::schema_ref() }];
        Some(MetaRequest { description: None, content, required: true })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        Ok(Self::read(request, body).await?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::response::FieldError;

    fn problem(body: &str) -> Option<(ProblemType, Vec<FieldError>)> {
        let problem = parse(body.as_bytes()).and_then(|fields| fields.finish(Some(()))).err()?;
        Some((problem.kind(), problem.errors().to_vec()))
    }

    fn repeated(body: &str) -> Vec<String> {
        let (kind, errors) = problem(body).unwrap();
        assert_eq!(kind, ProblemType::InvalidInput);
        errors.into_iter().map(|error| error.field.into_owned()).collect()
    }

    #[test]
    fn repeated_member_is_named_at_any_depth() {
        assert_eq!(repeated(r#"{"email": "a", "email": "a"}"#), ["email"]);
        assert_eq!(repeated(r#"{"a": 1, "b": 2, "b": 3, "a": null, "a": 1}"#), ["b", "a"]);
        assert_eq!(repeated(r#"{"x": [{"y": 1, "\u0079": 2}]}"#), ["y"]);
        assert_eq!(repeated(r#"{"": 1, "": 2}"#), [""]);
        assert_eq!(problem(r#"{"a": {"b": 1}, "c": {"b": 1}, "b": 1}"#), None);
    }

    #[test]
    fn repeated_names_are_cleaned_and_truncated() {
        let name = "x".repeat(10_000);
        let [shown] = &repeated(&format!(r#"{{"{name}": 1, "{name}": 2}}"#))[..] else { panic!() };
        assert_eq!(shown.chars().count(), 64);
        assert_eq!(repeated(r#"{"a\n\u001b": 1, "a\n\u001b": 2}"#), ["a"]);
        let many: String = (0..1000).map(|n| format!(r#""m{n}": 0, "m{n}": 0, "#)).collect();
        assert_eq!(repeated(&format!(r#"{{{many}"z": 0}}"#)).len(), 20);
    }

    /// ASVS 15.3.5.
    #[test]
    fn bad_json_is_malformed_and_other_values_than_objects_are_invalid() {
        let deep = "[".repeat(200) + &"]".repeat(200);
        let bad = ["", "{", r#"{"a": 1,}"#, "{} x", "\u{feff}{}", r#"{"a": 1e999}"#, "NaN", &deep];
        for body in bad {
            assert_eq!(problem(body).unwrap().0, ProblemType::MalformedBody, "{body}");
        }
        for body in ["[]", "null", "1", "true", r#""a""#] {
            assert_eq!(problem(body).unwrap().0, ProblemType::InvalidInput, "{body}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_parse_without_a_panic(body: Vec<u8>) {
            let _ = parse(&body);
        }

        #[test]
        fn any_object_without_repeated_members_is_accepted(
            members in proptest::collection::btree_map(".*", "\\PC*", 0..8)
        ) {
            let body = serde_json::to_vec(&members).unwrap();
            prop_assert!(parse(&body).and_then(|fields| fields.finish(Some(()))).is_ok());
        }
    }
}
