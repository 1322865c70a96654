use serde_json::{Map, Value};

use crate::problem::{FieldError, Problem};

/// How much of a name that a client made up is repeated to it.
const MAX_NAME_CHARACTERS: usize = 64;
const MAX_REPEATED: usize = 20;

/// The fields of a body, be it JSON or a form. They are read one by one, so that every bad one is named at once.
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

    /// The text of a field that must be there.
    pub(crate) fn required_text(&mut self, field: &'static str) -> String {
        match self.values.remove(field) {
            Some(Value::String(text)) => return text,
            None | Some(Value::Null) => self.refuse(field, "This field is required."),
            Some(_) => self.refuse(field, "This field must be a string."),
        }
        String::new()
    }

    /// The text of a field that may be absent or null, which reads as empty.
    pub(crate) fn optional_text(&mut self, field: &'static str) -> String {
        match self.values.remove(field) {
            Some(Value::String(text)) => return text,
            None | Some(Value::Null) => {}
            Some(_) => self.refuse(field, "This field must be a string or null."),
        }
        String::new()
    }

    /// What was typed into a field, to be shown again: without control characters, which no page may hold (HTML Standard,
    /// section 13.2.3.5).
    pub(crate) fn typed(&self, field: &str) -> String {
        let text = self.values.get(field).and_then(Value::as_str).unwrap_or_default();
        text.chars().filter(|character| !character.is_control()).collect()
    }

    fn refuse(&mut self, field: &'static str, message: impl Into<String>) {
        self.refuse_all(vec![FieldError::new(field, message)]);
    }

    /// What was read of a field; none, and an error, if it is not valid.
    pub(crate) fn accept<V, E: ToString>(
        &mut self,
        field: &'static str,
        parsed: Result<V, E>,
    ) -> Option<V> {
        parsed.map_err(|error| self.refuse(field, error.to_string())).ok()
    }

    /// Adds errors of fields that have none yet: a missing field is not also an empty one.
    pub(crate) fn refuse_all(&mut self, errors: Vec<FieldError>) {
        for error in errors {
            if self.errors.iter().all(|known| known.field != error.field) {
                self.errors.push(error);
            }
        }
    }

    /// Ends the reading: what was read if nothing is wrong with any field, else every error.
    pub(crate) fn finish<V>(self, read: Option<V>) -> Result<V, Problem> {
        read.filter(|_| self.errors.is_empty()).ok_or_else(|| Problem::invalid_input(self.errors))
    }
}
