use coach_core::domain::InvalidRegistration;
use serde_json::{Map, Value};

use crate::response::{FieldError, Problem, field_errors};

/// Limits the field names that a response echoes.
const MAX_NAME_CHARACTERS: usize = 64;
const MAX_REPEATED: usize = 20;

/// The fields of a JSON object, a form or a query. Reading collects errors, so that one response names every bad field.
pub(crate) struct Fields {
    values: Map<String, Value>,
    /// Whether every value is a text, so that numbers are texts too.
    are_texts: bool,
    errors: Vec<FieldError>,
}

impl Fields {
    /// Creates the fields of a JSON object. Every name in `repeated` becomes an error.
    pub(super) fn new(values: Map<String, Value>, repeated: Vec<String>) -> Self {
        let mut fields = Self { values, are_texts: false, errors: Vec::new() };
        for name in repeated {
            let visible = name.chars().filter(|character| !character.is_control());
            let field = visible.take(MAX_NAME_CHARACTERS).collect::<String>();
            if fields.errors.len() == MAX_REPEATED {
                break;
            }
            fields.refuse_all(vec![FieldError {
                field: field.into(),
                message: "Send this field only once.".to_owned(),
            }]);
        }
        fields
    }

    /// Creates the fields of a form or a query. Every name in `repeated` becomes an error.
    pub(crate) fn of_texts(values: Map<String, Value>, repeated: Vec<String>) -> Self {
        Self { are_texts: true, ..Self::new(values, repeated) }
    }

    /// Returns the text of a field. Records an error if it is missing.
    pub(crate) fn required_text(&mut self, field: &'static str) -> String {
        match self.values.remove(field) {
            Some(Value::String(text)) => return text,
            None | Some(Value::Null) => self.refuse(field, "This field is required."),
            Some(_) => self.refuse(field, "This field must be a string."),
        }
        String::new()
    }

    /// Returns the text of a field that may be absent or null.
    pub(crate) fn optional_text(&mut self, field: &'static str) -> Option<String> {
        self.nullable_text(field).flatten()
    }

    /// Returns the text of a field, `Some(None)` if it is null, or `None` if it is absent.
    pub(crate) fn nullable_text(&mut self, field: &'static str) -> Option<Option<String>> {
        match self.values.remove(field)? {
            Value::String(text) => Some(Some(text)),
            Value::Null => Some(None),
            _ => {
                self.refuse(field, "This field must be a string or null.");
                None
            }
        }
    }

    /// Returns the whole number of a field that may be absent or null. In a form it may also be blank.
    pub(crate) fn optional_integer(&mut self, field: &'static str) -> Option<i64> {
        let number = match self.values.remove(field)? {
            Value::Null => return None,
            Value::String(text) if self.are_texts && text.trim().is_empty() => return None,
            Value::String(text) if self.are_texts => text.trim().parse().ok(),
            value => value.as_i64(),
        };
        if number.is_none() {
            let rule = if self.are_texts { "a whole number" } else { "a whole number or null" };
            self.refuse(field, format!("This field must be {rule}."));
        }
        number
    }

    /// Returns whether the field has an error so far.
    pub(crate) fn is_refused(&self, field: &str) -> bool {
        self.errors.iter().any(|error| error.field == field)
    }

    pub(crate) fn remove(&mut self, field: &str) {
        self.values.remove(field);
    }

    /// Returns the text of a field for showing it again. Drops control characters, which HTML does not allow (HTML Standard,
    /// section 13.2.3.5).
    pub(crate) fn typed(&self, field: &str) -> String {
        let text = self.values.get(field).and_then(Value::as_str).unwrap_or_default();
        text.chars().filter(|character| !character.is_control()).collect()
    }

    fn refuse(&mut self, field: &'static str, message: impl Into<String>) {
        self.refuse_all(vec![FieldError::new(field, message)]);
    }

    /// Returns the parsed value of a field, or records the error.
    pub(crate) fn accept<V, E: ToString>(
        &mut self,
        field: &'static str,
        parsed: Result<V, E>,
    ) -> Option<V> {
        parsed.map_err(|error| self.refuse(field, error.to_string())).ok()
    }

    pub(crate) fn refuse_registration(&mut self, invalid: InvalidRegistration) {
        self.refuse_all(field_errors(invalid));
    }

    /// Records errors, at most one for each field.
    pub(crate) fn refuse_all(&mut self, errors: Vec<FieldError>) {
        for error in errors {
            if !self.is_refused(&error.field) {
                self.errors.push(error);
            }
        }
    }

    /// Returns `read` if there are no errors.
    ///
    /// # Errors
    ///
    /// Returns a problem that lists every error.
    pub(crate) fn finish<V>(self, read: Option<V>) -> Result<V, Problem> {
        read.filter(|_| self.errors.is_empty()).ok_or_else(|| Problem::invalid_input(self.errors))
    }
}
