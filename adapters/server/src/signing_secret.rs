use std::{
    ffi::OsString,
    io,
    io::Write as _,
    path::{Path, PathBuf},
};

use coach_core::ports::{RandomSource, random_bytes};
use coach_tokens::SigningSecret;

use crate::{StartError, operating_system::OsRandom, secret_file};

/// Reads the key in the file beside an SQLite database. Creates the file if it does not exist. All processes that share the
/// database share the key.
pub(crate) fn beside(database: &Path) -> Result<SigningSecret, StartError> {
    let file = file_beside(database);
    if !file.exists() {
        create(&file, &OsRandom).map_err(|error| {
            StartError::SigningSecret(format!("{} cannot be created: {error}", file.display()))
        })?;
    }
    read(&file)
}

/// Returns the key in the file beside an SQLite database, if it exists.
pub(crate) fn left_beside(database: &Path) -> Option<(PathBuf, SigningSecret)> {
    let file = file_beside(database);
    let secret = read(&file).ok()?;
    Some((file, secret))
}

fn read(file: &Path) -> Result<SigningSecret, StartError> {
    let failed = |reason: &dyn std::fmt::Display| {
        StartError::SigningSecret(format!("it is in {}, {reason}", file.display()))
    };
    let secret = secret_file::read(file).map_err(|error| failed(&error))?;
    SigningSecret::new(secret.trim().into()).map_err(|error| failed(&format_args!("and {error}")))
}

pub(crate) fn file_beside(database: &Path) -> PathBuf {
    let mut name = OsString::from(database);
    name.push(".jwt-secret");
    name.into()
}

/// Creates the file atomically with mode 0600. Keeps the file of another process that was faster.
fn create(file: &Path, random: &dyn RandomSource) -> io::Result<()> {
    let directory = file.parent().filter(|directory| !directory.as_os_str().is_empty());
    let mut temporary = tempfile::NamedTempFile::new_in(directory.unwrap_or(Path::new(".")))?;
    let secret = base16ct::lower::encode_string(&random_bytes::<32>(random));
    writeln!(temporary, "{secret}")?;
    temporary.as_file().sync_all()?;
    match temporary.persist_noclobber(file) {
        Ok(_) => {
            tracing::info!("created the signing key {}", file.display());
            Ok(())
        }
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.error),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt, process::Command, thread};

    use super::*;

    #[test]
    fn file_is_created_once_and_only_its_owner_can_read_it() {
        let directory = tempfile::tempdir().unwrap();
        let database = directory.path().join("x.db");
        let made: Vec<Vec<u8>> = thread::scope(|scope| {
            let makers: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        beside(&database).unwrap();
                        fs::read(directory.path().join("x.db.jwt-secret")).unwrap()
                    })
                })
                .collect();
            makers.into_iter().map(|maker| maker.join().unwrap()).collect()
        });
        assert!(made.iter().all(|secret| *secret == made[0] && secret.len() == 65));
        let metadata = fs::metadata(directory.path().join("x.db.jwt-secret")).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn file_with_a_wide_mode_or_a_weak_secret_is_refused_with_its_name() {
        let directory = tempfile::tempdir().unwrap();
        let (database, file) =
            (directory.path().join("x.db"), directory.path().join("x.db.jwt-secret"));
        let written = |content: &str, mode| {
            fs::write(&file, content).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            beside(&database).map_err(|error| error.to_string())
        };
        let secret = "0123456789abcdef0123456789abcdef\n";
        assert!(written(secret, 0o600).is_ok() && written(secret, 0o400).is_ok());
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        for (content, mode, reason) in [
            ("short", 0o600, "32 bytes"),
            (&"x".repeat(64), 0o600, "repeated"),
            (secret, 0o640, "mode 0640"),
            (secret, 0o604, "chmod 600"),
        ] {
            let error = written(content, mode).unwrap_err();
            assert!(error.contains("x.db.jwt-secret") && error.contains(reason), "{error}");
        }
    }

    #[test]
    fn pipe_instead_of_the_file_does_not_block_the_start() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("x.db.jwt-secret");
        assert!(Command::new("mkfifo").arg(&file).status().unwrap().success());
        let error = beside(&directory.path().join("x.db")).unwrap_err().to_string();
        assert!(error.contains("not a plain file"), "{error}");
    }
}
