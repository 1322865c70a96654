use std::{
    io::{self, BufWriter, IsTerminal, Write},
    path::Path,
};

use coach_core::domain::Credentials;
use serde_json::json;
use tempfile::NamedTempFile;

use super::{Accounts, CommandError, line};
use crate::{
    cli::output::{counted, to_json},
    progress::ProgressBar,
    serve::stop_signal,
};

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

/// Writes accounts as lines or as one JSON array.
struct Lines<W: Write> {
    out: BufWriter<W>,
    as_array: bool,
    count: usize,
}

impl<W: Write> Lines<W> {
    fn begin(out: W, as_array: bool) -> io::Result<Self> {
        let mut out = BufWriter::new(out);
        if as_array {
            writeln!(out, "[")?;
        }
        Ok(Self { out, as_array, count: 0 })
    }

    fn write(&mut self, page: &[Credentials]) -> io::Result<()> {
        for account in page {
            if self.as_array && self.count > 0 {
                write!(self.out, ",")?;
            }
            writeln!(self.out, "{}", to_json(&line::write(account)))?;
            self.count += 1;
        }
        Ok(())
    }

    /// Returns the number of accounts.
    fn end(mut self) -> io::Result<usize> {
        if self.as_array {
            writeln!(self.out, "]")?;
        }
        self.out.flush()?;
        Ok(self.count)
    }
}

impl Accounts<'_> {
    /// Writes all accounts. A signal deletes an incomplete file.
    pub(super) async fn export(&self, file: Option<&Path>) -> Result<(), CommandError> {
        let stopped = stop_signal()?;
        let export = async {
            match file {
                Some(file) => self.export_to(file).await,
                None => {
                    let lines = Lines::begin(io::stdout(), self.format.json)?;
                    let count = self.write_all(lines, CommandError::Output).await?;
                    self.operator.finish_export(count);
                    Ok(())
                }
            }
        };
        tokio::select! {
            done = export => done,
            () = stopped => Err(CommandError::refused(
                "Interrupted: the export is not complete. Run the command again.",
            )),
        }
    }

    async fn export_to(&self, file: &Path) -> Result<(), CommandError> {
        let failed = |error: io::Error| {
            CommandError::refused(format!("{} cannot be written: {error}.", file.display()))
        };
        if file.exists() {
            return Err(failed(io::ErrorKind::AlreadyExists.into()));
        }
        let directory = file.parent().filter(|directory| !directory.as_os_str().is_empty());
        let directory = directory.unwrap_or(Path::new("."));
        directory.metadata().map_err(failed)?;
        // A temporary file has mode 0600. It gets its name only when it is complete. Errors leave out its temporary name.
        let mut temporary =
            NamedTempFile::new_in(directory).map_err(|error| failed(error.kind().into()))?;
        let lines = Lines::begin(temporary.as_file_mut(), false).map_err(failed)?;
        let count = self.write_all(lines, failed).await?;
        temporary.as_file().sync_all().map_err(failed)?;
        temporary.persist_noclobber(file).map_err(|error| failed(error.error))?;
        self.operator.finish_export(count);
        let text = format!(
            "Exported {} with password hashes to {}. Keep the file secret.",
            counted(count, "account", "accounts"),
            file.display()
        );
        let document = json!({ "exported": count, "file": file.to_string_lossy() });
        Ok(self.format.print(&document, &text)?)
    }

    /// Writes the accounts page by page. Returns their number.
    async fn write_all<W: Write>(
        &self,
        mut lines: Lines<W>,
        failed: impl Fn(io::Error) -> CommandError,
    ) -> Result<usize, CommandError> {
        let (bar, mut after) = (ProgressBar::new(), None);
        loop {
            let page = self.operator.export(after).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.user.id);
            lines.write(&page).map_err(&failed)?;
            bar.show_line(format!("Exporting: {}", counted(lines.count, "account", "accounts")));
        }
        lines.end().map_err(failed)
    }
}
