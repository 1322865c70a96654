//! The progress bar of a long command, on a terminal that it shares with the log.

use std::{
    io::{self, IsTerminal, Write},
    sync::{Mutex, MutexGuard, PoisonError},
};

use coach_diesel::Progress;

const WIDTH: u64 = 30;
const ERASE: &str = "\r\x1b[K";

/// The bar in the last line of the terminal, if there is one. Lock it to write to standard error.
static SHOWN: Mutex<Option<String>> = Mutex::new(None);

fn shown() -> MutexGuard<'static, Option<String>> {
    SHOWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A bar on standard error, if that is a terminal. It is erased when it is dropped. A process shows one at a time.
pub(crate) struct ProgressBar {
    is_terminal: bool,
}

impl ProgressBar {
    pub(crate) fn new() -> Self {
        Self { is_terminal: io::stderr().is_terminal() }
    }

    /// Shows how much of `what` is done, if that has changed.
    pub(crate) fn show(&self, what: &str, progress: Progress) {
        self.show_line(line(what, progress));
    }

    /// Shows a line instead of the bar, for work whose total is not known.
    pub(crate) fn show_line(&self, line: String) {
        if !self.is_terminal {
            return;
        }
        let mut shown = shown();
        if shown.as_ref() != Some(&line) {
            let _ = write!(io::stderr(), "{ERASE}{line}");
            *shown = Some(line);
        }
    }
}

impl Drop for ProgressBar {
    fn drop(&mut self) {
        // Elsewhere the log may wait for a reader that has stopped.
        if self.is_terminal && shown().take().is_some() {
            let _ = write!(io::stderr(), "{ERASE}");
        }
    }
}

/// Standard error for whole lines. They appear above the bar.
pub(crate) struct StandardError;

impl Write for StandardError {
    fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
        write_above(&mut io::stderr(), shown().as_deref(), lines)
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

fn write_above(out: &mut impl Write, bar: Option<&str>, lines: &[u8]) -> io::Result<usize> {
    let Some(bar) = bar else { return out.write(lines) };
    out.write_all(&[ERASE.as_bytes(), lines, bar.as_bytes()].concat())?;
    Ok(lines.len())
}

fn line(what: &str, Progress { done, total }: Progress) -> String {
    let total = total.max(1);
    let part = |of: u64| u128::from(done.min(total)) * u128::from(of) / u128::from(total);
    let full = usize::try_from(part(WIDTH)).unwrap_or_default();
    let width = usize::try_from(WIDTH).unwrap_or_default();
    format!("{what} [{:<width$}] {:>3} %", "#".repeat(full), part(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bar_fills_up_and_never_overflows() {
        let shown = |done, total| line("Copying", Progress { done, total });
        assert_eq!(shown(0, 0), format!("Copying [{}]   0 %", " ".repeat(30)));
        assert_eq!(shown(1, 2), format!("Copying [{}{}]  50 %", "#".repeat(15), " ".repeat(15)));
        let full = format!("Copying [{}] 100 %", "#".repeat(30));
        assert_eq!((shown(7, 7), shown(9, 7)), (full.clone(), full));
        assert!(shown(u64::MAX - 1, u64::MAX).ends_with(" 99 %"));
    }

    #[test]
    fn lines_appear_above_the_bar() {
        let written = |bar| {
            let mut out = Vec::new();
            assert_eq!(write_above(&mut out, bar, b"a line\n").unwrap(), 7);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(written(None), "a line\n");
        assert_eq!(written(Some("[#] 50 %")), "\r\x1b[Ka line\n[#] 50 %");
    }
}
