//! Strings with the formats and limits of the OpenAPI document.

use std::borrow::Cow;

use coach_core::domain::{EmailAddress, FullName, NewPassword, Password};
use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef},
    types::{ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToJSON, Type},
};
use serde_json::Value;

macro_rules! text {
    ($name:ident, $schema:expr) => {
        #[derive(serde::Serialize)]
        pub(crate) struct $name(pub(crate) String);

        impl Type for $name {
            const IS_REQUIRED: bool = true;
            type RawValueType = Self;
            type RawElementValueType = Self;

            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn schema_ref() -> MetaSchemaRef {
                MetaSchemaRef::Inline(Box::new($schema))
            }

            fn as_raw_value(&self) -> Option<&Self> {
                Some(self)
            }

            fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
                Box::new(self.as_raw_value().into_iter())
            }
        }

        impl ToJSON for $name {
            fn to_json(&self) -> Option<Value> {
                Some(self.0.clone().into())
            }
        }

        impl<T: ToString + ?Sized> From<&T> for $name {
            fn from(text: &T) -> Self {
                Self(text.to_string())
            }
        }

        /// Only the derive of an object needs this. Bodies are read field by field.
        impl ParseFromJSON for $name {
            fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
                match value.unwrap_or_default() {
                    Value::String(text) => Ok(Self(text)),
                    other => Err(ParseError::expected_type(other)),
                }
            }
        }
    };
}

fn limited(format: Option<&'static str>, min: Option<usize>, max: usize) -> MetaSchema {
    MetaSchema { format, min_length: min, max_length: Some(max), ..MetaSchema::new("string") }
}

text!(AnyText, MetaSchema::new("string"));
text!(EmailText, limited(Some("email"), None, EmailAddress::MAX_BYTES));
text!(NameText, limited(None, None, FullName::MAX_CHARACTERS));
text!(PasswordText, limited(Some("password"), None, Password::MAX_BYTES));
text!(
    NewPasswordText,
    limited(Some("password"), Some(NewPassword::MIN_CHARACTERS), Password::MAX_BYTES)
);
text!(Timestamp, MetaSchema::new_with_format("string", "date-time"));
text!(Uuid, MetaSchema::new_with_format("string", "uuid"));

/// Accepts any text. The handler answers 404 if it is not an id.
impl ParseFromParameter for Uuid {
    fn parse_from_parameter(value: &str) -> ParseResult<Self> {
        Ok(Self(value.to_owned()))
    }
}
