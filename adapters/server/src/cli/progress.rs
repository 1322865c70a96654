use std::io::{IsTerminal, Write};

use coach_diesel::Progress;

const WIDTH: u64 = 30;

/// A bar on standard error, if that is a terminal. It is erased when it is dropped.
pub(super) struct ProgressBar {
    is_terminal: bool,
    shown: Option<String>,
}

impl ProgressBar {
    pub(super) fn new() -> Self {
        Self { is_terminal: std::io::stderr().is_terminal(), shown: None }
    }

    /// Shows how much of `what` is done, if that has changed.
    pub(super) fn show(&mut self, what: &str, progress: Progress) {
        let line = line(what, progress);
        if self.is_terminal && self.shown.as_ref() != Some(&line) {
            let _ = write!(std::io::stderr(), "\r\x1b[K{line}");
            self.shown = Some(line);
        }
    }
}

impl Drop for ProgressBar {
    fn drop(&mut self) {
        if self.shown.is_some() {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
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
}
