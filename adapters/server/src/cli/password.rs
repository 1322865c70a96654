use std::io::{self, IsTerminal, Read};

use coach_core::domain::{NewPassword, Password};

use super::error::CommandError;

/// Reads a new password from standard input: without echo and twice on a terminal, and up to the end otherwise, without the
/// last line break.
pub(super) fn read_new() -> Result<NewPassword, CommandError> {
    let password = if io::stdin().is_terminal() { prompt()? } else { read_all()? };
    NewPassword::parse(&password).map_err(|error| CommandError::refused(error.to_string()))
}

fn prompt() -> Result<String, CommandError> {
    let ask = |text| rpassword::prompt_password(text).map_err(|error| unreadable(&error));
    let password = ask("Password: ")?;
    match ask("Again: ")? == password {
        true => Ok(password),
        false => Err(CommandError::refused("The passwords differ")),
    }
}

fn read_all() -> Result<String, CommandError> {
    let mut text = String::new();
    // More than a password and a line break, so that a longer one is refused by its length.
    let limit = Password::MAX_BYTES as u64 + 3;
    io::stdin().take(limit).read_to_string(&mut text).map_err(|error| unreadable(&error))?;
    let line = text.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    Ok(line.unwrap_or(&text).to_owned())
}

fn unreadable(error: &io::Error) -> CommandError {
    CommandError::refused(format!("The password cannot be read: {error}."))
}
