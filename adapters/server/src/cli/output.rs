//! What commands print. The log goes to standard error too, so a command prints its result only to standard output.

use std::{fmt::Display, io::Write, process::ExitCode};

/// Prints the result of a command.
pub(super) fn print(text: &str) -> ExitCode {
    match writeln!(std::io::stdout(), "{text}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format_args!("Standard output cannot be written: {error}."), 1),
    }
}

/// Prints the error, one sentence. `code` is 2 for a wrong usage or configuration and 1 for any other error.
pub(super) fn fail(error: &dyn Display, code: u8) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "pm-interview-coach: {error}");
    ExitCode::from(code)
}
