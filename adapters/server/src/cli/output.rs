//! What commands print. The log goes to standard error too, so a command prints its result only to standard output.

use std::{
    fmt::Display,
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use chrono::{DateTime, SecondsFormat, Utc};
use coach_core::domain::escape_invisible;
use serde_json::Value;

/// Prints the result of a command.
pub(super) fn print(text: &str) -> ExitCode {
    match writeln!(io::stdout(), "{text}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format_args!("Standard output cannot be written: {error}."), 1),
    }
}

/// Prints the error, one sentence. `code` is 2 for a wrong usage or configuration and 1 for any other error.
pub(super) fn fail(error: &dyn Display, code: u8) -> ExitCode {
    let _ = writeln!(io::stderr(), "pm-interview-coach: {error}");
    ExitCode::from(code)
}

/// The format in which a command prints its result.
#[derive(Debug, Clone, Copy)]
pub(super) struct Format {
    pub(super) json: bool,
}

impl Format {
    /// Prints one JSON document, or else the text.
    pub(super) fn print(self, json: &Value, text: &str) -> io::Result<()> {
        match self.json {
            true => writeln!(io::stdout(), "{}", to_json(json)),
            false => writeln!(io::stdout(), "{text}"),
        }
    }

    /// Prints one JSON document, or else a line for each pair of its members: aligned on a terminal, and separated by a tab
    /// otherwise.
    pub(super) fn print_record(self, json: &Value, pairs: &[(&str, String)]) -> io::Result<()> {
        let is_aligned = io::stdout().is_terminal();
        let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        let lines = pairs.iter().map(|(name, value)| match is_aligned {
            true => format!("{name:width$}  {value}"),
            false => format!("{name}\t{value}"),
        });
        self.print(json, &lines.collect::<Vec<_>>().join("\n"))
    }
}

/// Formats JSON on one line. Escapes invisible characters, which could change how a terminal shows the rest.
pub(super) fn to_json(json: &Value) -> String {
    let mut text = String::new();
    for character in json.to_string().chars() {
        let escaped = escape_invisible(character.encode_utf8(&mut [0; 4]));
        // Only strings contain such characters, and JSON writes the backslash itself.
        match escaped.starts_with("\\u") {
            true => text.extend(
                character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")),
            ),
            false => text.push(character),
        }
    }
    text
}

/// Formats a time in seconds.
pub(super) fn seconds(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Returns the noun with its number.
pub(super) fn counted(count: usize, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_shows_invisible_characters_and_reads_back() {
        let value = json!({"name": "a\u{202e}\\u\u{9b}\u{e0001}\n é"});
        let text = to_json(&value);
        assert_eq!(text, r#"{"name":"a\u202e\\u\u009b\udb40\udc01\n é"}"#);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
