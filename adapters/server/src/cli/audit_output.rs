use std::io::{self, Write};

use chrono::SecondsFormat;
use coach_core::domain::AuditEntry;
use serde_json::{Value, json};

/// The form in which entries are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// Aligned columns below their names.
    Table,
    /// Columns with tabs between them.
    Lines,
    /// One JSON document with all entries.
    Document,
    /// A JSON object in each line.
    JsonLines,
}

/// Prints entries page by page, so that the length of the trail does not matter.
pub(super) struct Printer<W: Write> {
    format: Format,
    output: W,
    is_first: bool,
}

impl<W: Write> Printer<W> {
    pub(super) fn new(format: Format, output: W) -> Self {
        Self { format, output, is_first: true }
    }

    /// Prints what comes before the first entry.
    pub(super) fn begin(&mut self) -> io::Result<()> {
        match self.format {
            Format::Table => {
                let names = ["TIME", "EVENT", "USER", "FROM", "SESSION", "OPERATOR", "DETAILS"];
                self.row(&names.map(str::to_owned))?;
            }
            Format::Document => write!(self.output, r#"{{"events":["#)?,
            Format::Lines | Format::JsonLines => {}
        }
        self.output.flush()
    }

    pub(super) fn print(&mut self, entries: &[AuditEntry]) -> io::Result<()> {
        for entry in entries {
            match self.format {
                Format::Table => self.row(&columns(entry))?,
                Format::Lines => writeln!(self.output, "{}", columns(entry).join("\t"))?,
                Format::JsonLines => writeln!(self.output, "{}", object(entry))?,
                Format::Document => {
                    let separator = if self.is_first { "\n" } else { ",\n" };
                    write!(self.output, "{separator}{}", object(entry))?;
                }
            }
            self.is_first = false;
        }
        self.output.flush()
    }

    /// Prints what comes after the last entry.
    pub(super) fn end(&mut self) -> io::Result<()> {
        if self.format == Format::Document {
            writeln!(self.output, "\n]}}")?;
        }
        self.output.flush()
    }

    fn row(
        &mut self,
        [time, event, user, from, session, operator, details]: &[String; 7],
    ) -> io::Result<()> {
        let row = format!(
            "{time:20}  {event:20}  {user:>8}  {from:15}  {session:36}  {operator:10}  {details}"
        );
        writeln!(self.output, "{}", row.trim_end())
    }
}

/// The columns of an entry, with `-` for nothing.
fn columns(entry: &AuditEntry) -> [String; 7] {
    let or_dash = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    [
        entry.at.to_rfc3339_opts(SecondsFormat::Secs, true),
        entry.event.to_string(),
        or_dash(entry.user_id.map(|id| id.0.to_string())),
        or_dash(entry.origin.ip.map(|ip| ip.to_string())),
        or_dash(entry.session_id.map(|id| id.to_string())),
        or_dash(entry.origin.operator.as_ref().map(ToString::to_string)),
        or_dash(entry.details.clone()),
    ]
}

fn object(entry: &AuditEntry) -> Value {
    json!({
        "id": entry.id.0,
        "at": entry.at.to_rfc3339_opts(SecondsFormat::Micros, true),
        "event": entry.event.as_str(),
        "user_id": entry.user_id.map(|id| id.0),
        "session_id": entry.session_id.map(|id| id.to_string()),
        "ip": entry.origin.ip,
        "operator": entry.origin.operator.as_ref().map(ToString::to_string),
        "details": entry.details,
    })
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use coach_core::domain::{
        AuditEntryId, AuthEvent, EventOrigin, NewAuditEntry, OperatorName, UserId,
    };

    use super::*;

    fn printed(format: Format, count: i64) -> String {
        let mut output = Vec::new();
        let mut printer = Printer::new(format, &mut output);
        printer.begin().unwrap();
        for number in 1..=count {
            let origin = EventOrigin {
                ip: Some("192.0.2.1".parse().unwrap()),
                operator: OperatorName::read("alice"),
            };
            let event = AuthEvent::Deactivated { user_id: UserId(7) };
            let entry = NewAuditEntry { at: DateTime::UNIX_EPOCH, event, origin };
            printer.print(&[entry.stored_as(AuditEntryId(number))]).unwrap();
        }
        printer.end().unwrap();
        String::from_utf8(output).unwrap()
    }

    #[test]
    fn document_is_json_with_any_number_of_entries() {
        for count in 0..3 {
            let document: Value = serde_json::from_str(&printed(Format::Document, count)).unwrap();
            let events = document["events"].as_array().unwrap();
            assert_eq!(events.len() as i64, count);
            let mut members = events.iter().flat_map(|event| event.as_object().unwrap());
            assert!(members.all(|(name, value)| value.is_null()
                == ["session_id", "details"].contains(&name.as_str())));
        }
    }

    #[test]
    fn lines_have_a_column_for_each_value() {
        let line = "1970-01-01T00:00:00Z\tdeactivated\t7\t192.0.2.1\t-\talice\t-\n";
        assert_eq!(printed(Format::Lines, 2), line.repeat(2));
        let json = printed(Format::JsonLines, 2);
        assert!(json.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
    }

    #[test]
    fn columns_of_the_table_are_aligned() {
        let table = printed(Format::Table, 1);
        let [names, row] = table.lines().collect::<Vec<_>>()[..] else { panic!("{table}") };
        assert_eq!(names.find("EVENT"), row.find("deactivated"));
        assert_eq!(names.find("OPERATOR"), row.find("alice"));
    }
}
