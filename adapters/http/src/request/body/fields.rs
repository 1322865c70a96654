use coach_core::domain::InvalidRegistration;
use serde_json::{Map, Value};

use crate::response::{FieldError, Problem, field_errors};

/// How much of a name that a client made up is repeated to it.
const MAX_NAME_CHARACTERS: usize = 64;
const MAX_REPEATED: usize = 20;

/// The fields of a JSON object or a form. They are read one by one, so that every bad one is named at once.
pub(crate) struct Fields {
    values: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl Fields {
    /// `repeated` names the fields that are given more than once, none of which can be read.
    pub(super) fn new(values: Map<String, Value>, repeated: Vec<String>) -> Self {
        let mut fields = Self { values, errors: Vec::new() };
        for name in repeated {
            let visible = name.chars().filter(|character| !character.is_control());
            let field = visible.take(MAX_NAME_CHARACTERS).collect::<String>();
            if fields.errors.len() == MAX_REPEATED {
                break;
            }
            fields.refuse_all(vec![FieldError {
                field: field.into(),
                message: "This field is given more than once.".to_owned(),
            }]);
        }
        fields
    }

    /// Returns the text of a field that must be there.
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

    /// Returns the text of a field that may be absent, or null, which means something else.
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

    /// Ignores a field.
    pub(crate) fn remove(&mut self, field: &str) {
        self.values.remove(field);
    }

    /// Returns what was typed into a field, to show it again, without the control characters that no page may hold (HTML
    /// Standard, section 13.2.3.5).
    pub(crate) fn typed(&self, field: &str) -> String {
        let text = self.values.get(field).and_then(Value::as_str).unwrap_or_default();
        text.chars().filter(|character| !character.is_control()).collect()
    }

    fn refuse(&mut self, field: &'static str, message: impl Into<String>) {
        self.refuse_all(vec![FieldError::new(field, message)]);
    }

    /// Returns what was parsed from a field, or notes the error.
    pub(crate) fn accept<V, E: ToString>(
        &mut self,
        field: &'static str,
        parsed: Result<V, E>,
    ) -> Option<V> {
        parsed.map_err(|error| self.refuse(field, error.to_string())).ok()
    }

    /// Adds what is wrong with a registration.
    pub(crate) fn refuse_registration(&mut self, invalid: InvalidRegistration) {
        self.refuse_all(field_errors(invalid));
    }

    /// Adds errors of fields that have none yet: a missing field is not also an empty one.
    pub(crate) fn refuse_all(&mut self, errors: Vec<FieldError>) {
        for error in errors {
            if self.errors.iter().all(|known| known.field != error.field) {
                self.errors.push(error);
            }
        }
    }

    /// Returns what was read if nothing is wrong with any field.
    ///
    /// # Errors
    ///
    /// A problem with every error.
    pub(crate) fn finish<V>(self, read: Option<V>) -> Result<V, Problem> {
        read.filter(|_| self.errors.is_empty()).ok_or_else(|| Problem::invalid_input(self.errors))
    }
}
