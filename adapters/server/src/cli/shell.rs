//! What a shell and `man` know about the command line, from its definition.

use std::{fs, path::Path, process::ExitCode};

use clap_complete::Shell;

use super::output::{fail, print};

/// Prints the completion script of a shell.
pub(super) fn completions(shell: Shell) -> ExitCode {
    let mut definition = super::definition();
    let (name, mut script) = (definition.get_name().to_owned(), Vec::new());
    clap_complete::generate(shell, &mut definition, name, &mut script);
    print(String::from_utf8_lossy(&script).trim_end())
}

/// Writes a manual page for each command into the directory, and creates the directory if it does not exist.
pub(super) fn manual(directory: &Path) -> ExitCode {
    let written = fs::create_dir_all(directory)
        .and_then(|()| clap_mangen::generate_to(super::definition(), directory));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let directory = directory.display();
            fail(&format_args!("The manual cannot be written to {directory}: {error}."), 1)
        }
    }
}
