//! Values with the formats and limits of the OpenAPI document.

use std::borrow::Cow;

use coach_core::domain::{
    CategoryFilter, EmailAddress, FullName, NewPassword, PageLimit, Password, PracticeMode,
    PracticeState, TimerMinutes,
};
use poem_openapi::{
    registry::{MetaSchema, MetaSchemaRef},
    types::{ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToJSON, Type},
};
use serde_json::Value;

/// A value with a schema of its own, which is written to JSON as it is.
macro_rules! value {
    ($name:ident($inner:ty), $read:pat => $value:expr, $schema:expr) => {
        #[derive(serde::Serialize)]
        pub(crate) struct $name(pub(crate) $inner);

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

        /// Only the derive of an object needs this. Bodies are read field by field.
        impl ParseFromJSON for $name {
            fn parse_from_json(value: Option<Value>) -> ParseResult<Self> {
                match value.unwrap_or_default() {
                    $read => $value.map(Self).ok_or_else(|| ParseError::custom("out of range")),
                    other => Err(ParseError::expected_type(other)),
                }
            }
        }
    };
}

macro_rules! text {
    ($name:ident, $schema:expr) => {
        value!($name(String), Value::String(text) => Some(text), $schema);

        impl<T: ToString + ?Sized> From<&T> for $name {
            fn from(text: &T) -> Self {
                Self(text.to_string())
            }
        }
    };
}

macro_rules! whole_number {
    ($name:ident, $min:expr, $max:expr, default: $default:expr) => {
        value!(
            $name(u8),
            Value::Number(number) => number.as_u64().and_then(|number| number.try_into().ok()),
            MetaSchema {
                minimum: Some(f64::from($min)),
                maximum: Some(f64::from($max)),
                default: $default,
                ..MetaSchema::new("integer")
            }
        );
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
text!(CategoryText, limited(None, None, CategoryFilter::MAX_CHARACTERS));
text!(ModeText, limited(None, None, PracticeMode::MAX_CHARACTERS));
text!(
    StateText,
    MetaSchema {
        enum_items: PracticeState::ALL.map(|state| state.as_str().into()).to_vec(),
        ..MetaSchema::new("string")
    }
);
whole_number!(TimerNumber, TimerMinutes::MIN, TimerMinutes::MAX, default: None);
whole_number!(LimitNumber, 1_u8, PageLimit::MAX, default: Some(PageLimit::default().get().into()));
text!(Timestamp, MetaSchema::new_with_format("string", "date-time"));
text!(Uuid, MetaSchema::new_with_format("string", "uuid"));

/// Accepts any text. The handler answers 404 if it is not an id.
impl ParseFromParameter for Uuid {
    fn parse_from_parameter(value: &str) -> ParseResult<Self> {
        Ok(Self(value.to_owned()))
    }
}
