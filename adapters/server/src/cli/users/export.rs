use std::{
    io::{self, BufWriter, IsTerminal, Write},
    path::Path,
};

use serde_json::json;
use tempfile::NamedTempFile;

use super::{Accounts, CommandError, line};
use crate::cli::output::{counted, to_json};

/// Refuses to show password hashes on a terminal.
pub(super) fn check_output(file: Option<&Path>) -> Result<(), CommandError> {
    match file.is_some() || !io::stdout().is_terminal() {
        true => Ok(()),
        false => Err(CommandError::Usage(
            "The export contains password hashes. Name a file, or redirect standard output"
                .to_owned(),
        )),
    }
}

impl Accounts<'_> {
    pub(super) async fn export(&self, file: Option<&Path>) -> Result<(), CommandError> {
        let Some(file) = file else {
            self.write_lines(&mut io::stdout(), self.format.json).await?;
            return Ok(());
        };
        let failed = |error: io::Error| {
            CommandError::refused(format!("{} cannot be written: {error}.", file.display()))
        };
        if file.exists() {
            return Err(failed(io::ErrorKind::AlreadyExists.into()));
        }
        let directory = file.parent().filter(|directory| !directory.as_os_str().is_empty());
        // A temporary file has mode 0600. It gets its name only when it is complete.
        let mut temporary =
            NamedTempFile::new_in(directory.unwrap_or(Path::new("."))).map_err(failed)?;
        let count = self.write_lines(&mut temporary, false).await?;
        temporary.as_file().sync_all().map_err(failed)?;
        temporary.persist_noclobber(file).map_err(|error| failed(error.error))?;
        let text = format!(
            "Exported {} with password hashes to {}. Keep the file secret.",
            counted(count, "account", "accounts"),
            file.display()
        );
        let document = json!({ "exported": count, "file": file.to_string_lossy() });
        Ok(self.format.print(&document, &text)?)
    }

    /// Writes the accounts page by page, as lines or as one JSON array. Returns their number.
    async fn write_lines(
        &self,
        out: &mut impl Write,
        as_array: bool,
    ) -> Result<usize, CommandError> {
        let mut out = BufWriter::new(out);
        let (mut after, mut count) = (None, 0);
        if as_array {
            writeln!(out, "[")?;
        }
        loop {
            let page = self.operator.export(after).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.user.id);
            for account in &page {
                if as_array && count > 0 {
                    write!(out, ",")?;
                }
                writeln!(out, "{}", to_json(&line::write(account)))?;
                count += 1;
            }
        }
        if as_array {
            writeln!(out, "]")?;
        }
        out.flush()?;
        Ok(count)
    }
}
