//! A log line as one JSON object.

use std::fmt::{self, Write};

use chrono::SecondsFormat;
use coach_core::ports::Clock;
use coach_http::RequestContext;
use coach_opentelemetry::trace_id;
use tracing::{
    Event,
    field::{Field, Visit},
};
use tracing_subscriber::fmt::format::Writer;

use crate::operating_system::SystemClock;

/// Writes the line of an event: `timestamp`, `level`, `target`, the request that caused it and its trace, `message` and the fields.
pub(super) fn write_event(line: &mut Writer<'_>, event: &Event<'_>) -> fmt::Result {
    line.write_str(r#"{"timestamp":""#)?;
    // chrono takes a quarter of the time of `tracing_subscriber::fmt::time::SystemTime`.
    line.write_str(&SystemClock.now().to_rfc3339_opts(SecondsFormat::Micros, true))?;
    write!(line, r#"","level":"{}""#, event.metadata().level())?;
    let mut members = Members { line, written: Ok(()) };
    members.text("target", event.metadata().target());
    RequestContext::with_current(|request| {
        members.text("request_id", request.id());
        if let Some(client) = request.client() {
            members.display("client", &client);
        }
    });
    if let Some(trace) = trace_id() {
        members.display("trace_id", &trace);
    }
    event.record(&mut members);
    members.written?;
    line.write_str("}\n")
}

/// Writes the members of an object after the first one. Keeps the first error.
struct Members<'a, 'w> {
    line: &'a mut Writer<'w>,
    written: fmt::Result,
}

impl Members<'_, '_> {
    /// Writes a member with a value that is JSON.
    fn json(&mut self, name: &str, value: &dyn fmt::Display) {
        self.member(name, |line| write!(line, "{value}"));
    }

    fn text(&mut self, name: &str, value: &str) {
        self.member(name, |line| {
            line.write_char('"')?;
            Escaped(line).write_str(value)?;
            line.write_char('"')
        });
    }

    fn display(&mut self, name: &str, value: &dyn fmt::Display) {
        self.member(name, |line| {
            line.write_char('"')?;
            write!(Escaped(line), "{value}")?;
            line.write_char('"')
        });
    }

    fn member(&mut self, name: &str, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        if self.written.is_ok() {
            self.written = self.try_member(name, value);
        }
    }

    fn try_member(
        &mut self,
        name: &str,
        value: impl FnOnce(&mut Writer<'_>) -> fmt::Result,
    ) -> fmt::Result {
        self.line.write_str(",\"")?;
        Escaped(self.line).write_str(name)?;
        self.line.write_str("\":")?;
        value(self.line)
    }
}

impl Visit for Members<'_, '_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.display(field.name(), &format_args!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field.name(), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.json(field.name(), &value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.json(field.name(), &value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.json(field.name(), &value);
    }
}

/// Writes the inside of a JSON string (RFC 8259, section 7). Escapes every control character, so that no terminal acts on
/// it, and the line separators of Unicode, so that no reader sees two lines.
struct Escaped<'a, 'w>(&'a mut Writer<'w>);

impl Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // Nearly every text is plain ASCII.
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\')) {
            return self.0.write_str(text);
        }
        let mut begin = 0;
        for (index, character) in text.char_indices() {
            let is_plain = !character.is_control()
                && !matches!(character, '"' | '\\' | '\u{2028}' | '\u{2029}');
            if is_plain {
                continue;
            }
            self.0.write_str(&text[begin..index])?;
            match character {
                '"' => self.0.write_str("\\\"")?,
                '\\' => self.0.write_str("\\\\")?,
                other => write!(self.0, "\\u{:04x}", u32::from(other))?,
            }
            begin = index + character.len_utf8();
        }
        self.0.write_str(&text[begin..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str) -> String {
        let mut line = String::new();
        Escaped(&mut Writer::new(&mut line)).write_str(text).unwrap();
        line
    }

    #[test]
    fn every_text_is_a_string_of_one_visible_line() {
        for text in
            ["", "plain", "é漢🎤", "\"\\\"", "a\r\nb\u{1b}[31m\0\u{7f}\u{85}\u{9b}\u{2028}\u{2029}"]
        {
            let line = escaped(text);
            assert_eq!(serde_json::from_str::<String>(&format!("\"{line}\"")).unwrap(), text);
            assert!(!line.contains(|character: char| character.is_control()), "{line}");
            assert!(!line.contains(['\u{2028}', '\u{2029}']), "{line}");
        }
    }
}
