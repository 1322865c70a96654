use std::{fs, io, os::unix::fs::PermissionsExt, path::Path};

/// More than any key needs, and little enough to read at once.
const MAX_BYTES: u64 = 64 * 1024;

/// A key file cannot be used. Each message continues a sentence after the name of the file: "key.pem, which …".
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretFileError {
    #[error("which cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("which is not a plain file of at most {MAX_BYTES} bytes")]
    NotPlain,
    #[error("which other users can read (mode {0:04o}); run chmod 600 on it")]
    Exposed(u32),
}

/// Reads a key file. Checks the file before opening it, because opening a pipe would block.
pub(crate) fn read(file: &Path) -> Result<String, SecretFileError> {
    let found = fs::metadata(file)?;
    if !found.is_file() || found.len() > MAX_BYTES {
        return Err(SecretFileError::NotPlain);
    }
    let mode = found.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(SecretFileError::Exposed(mode));
    }
    Ok(fs::read_to_string(file)?)
}
