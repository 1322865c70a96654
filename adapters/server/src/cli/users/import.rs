use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Write},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use coach_core::{
    ports::Clock as _,
    services::{ImportBatch, Imported},
};
use coach_diesel::Progress;
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

use super::{Accounts, CommandError, line};
use crate::{
    cli::output::counted,
    operating_system::SystemClock,
    progress::{ProgressBar, StandardError},
};

/// The longest line that is read, in bytes. It bounds the memory.
const MAX_LINE: u64 = 64 * 1024;
/// The number of bad lines that the JSON document describes. All of them are counted.
const MAX_DESCRIBED: usize = 1000;

/// The state of an import.
struct Import {
    dry_run: bool,
    /// How many bytes of the file were read.
    read: Progress,
    /// The number of the last line that was read.
    line: usize,
    done: Imported,
    bad_lines: usize,
    described: Vec<Value>,
}

impl Import {
    fn refuse(&mut self, message: &str) {
        self.bad_lines += 1;
        if self.described.len() < MAX_DESCRIBED {
            self.described.push(json!({ "line": self.line, "error": message }));
        }
        let _ = StandardError.write_all(format!("line {}: {message}\n", self.line).as_bytes());
    }

    fn document(&self, is_complete: bool) -> Value {
        json!({
            "dry_run": self.dry_run,
            "complete": is_complete,
            "lines": self.line,
            "imported": self.done.new,
            "known": self.done.known,
            "bad_lines": self.bad_lines,
            "errors": self.described,
        })
    }

    fn summary(&self) -> String {
        let verb = if self.dry_run { "Would import" } else { "Imported" };
        let new = counted(self.done.new, "account", "accounts");
        let known = counted(self.done.known, "known email address", "known email addresses");
        format!("{verb} {new} and skipped {known}.")
    }
}

impl Accounts<'_> {
    pub(super) async fn import(&self, file: &Path, dry_run: bool) -> Result<(), CommandError> {
        let unreadable = |error: io::Error| {
            CommandError::refused(format!("{} cannot be read: {error}.", file.display()))
        };
        let opened = File::open(file).map_err(unreadable)?;
        let read = Progress { done: 0, total: opened.metadata().map_err(unreadable)?.len() };
        let stopped = stop_flag()?;
        let (done, described) = (Imported::default(), Vec::new());
        let bar = ProgressBar::new();
        let mut import = Import { dry_run, read, line: 0, done, bad_lines: 0, described };
        let mut lines = BufReader::new(opened);
        let mut batch = ImportBatch::default();
        let mut is_complete = false;
        while !is_complete && !stopped.load(Ordering::Relaxed) {
            is_complete =
                self.read_batch(&mut lines, &mut batch, &mut import).map_err(unreadable)?;
            bar.show("Importing", import.read);
            let stored = self.store(std::mem::take(&mut batch), &mut import).await;
            stored.map_err(|error| {
                let line = import.line;
                CommandError::refused(format!(
                    "Stopped before line {line}: {error} Run the command again."
                ))
            })?;
        }
        drop(bar);
        self.format.print(&import.document(is_complete), &import.summary())?;
        if !is_complete {
            return Err(CommandError::refused(format!(
                "Stopped after line {}. Run the command again to import the rest.",
                import.line
            )));
        }
        match import.bad_lines {
            0 => Ok(()),
            bad => Err(CommandError::refused(format!(
                "{} could not be imported. Correct them and run the command again.",
                counted(bad, "line", "lines")
            ))),
        }
    }

    /// Reads lines until the batch is full. Returns whether the file ended.
    fn read_batch(
        &self,
        lines: &mut impl BufRead,
        batch: &mut ImportBatch,
        import: &mut Import,
    ) -> io::Result<bool> {
        let mut bytes = Vec::new();
        while !batch.is_full() {
            bytes.clear();
            let read = lines.by_ref().take(MAX_LINE).read_until(b'\n', &mut bytes)?;
            if read == 0 {
                return Ok(true);
            }
            import.line += 1;
            import.read.done += read as u64;
            if read as u64 == MAX_LINE && !bytes.ends_with(b"\n") {
                import.read.done += lines.skip_until(b'\n')? as u64;
                import.refuse("The line is longer than 64 KiB.");
                continue;
            }
            match std::str::from_utf8(&bytes).map(str::trim) {
                Ok("") => {}
                Ok(text) => match line::read(text, SystemClock.now(), self.operator) {
                    Ok(account) => batch.push(account),
                    Err(message) => import.refuse(&message),
                },
                Err(_) => import.refuse("The line is not UTF-8."),
            }
        }
        Ok(false)
    }

    /// Stores a batch, then waits as long as that took, so that a running server can write in between.
    async fn store(&self, batch: ImportBatch, import: &mut Import) -> Result<(), CommandError> {
        if batch.is_empty() {
            return Ok(());
        }
        let started = Instant::now();
        let done = match import.dry_run {
            true => self.operator.try_import(&batch).await?,
            false => self.operator.import(batch).await?,
        };
        import.done.new += done.new;
        import.done.known += done.known;
        if !import.dry_run {
            tokio::time::sleep(started.elapsed()).await;
        }
        Ok(())
    }
}

/// Returns a flag that SIGINT and SIGTERM set.
fn stop_flag() -> io::Result<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
        let (mut stop, flag) = (signal(kind)?, flag.clone());
        tokio::spawn(async move {
            if stop.recv().await.is_some() {
                flag.store(true, Ordering::Relaxed);
            }
        });
    }
    Ok(flag)
}
