use std::{
    ffi::OsString,
    fmt::Write as _,
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

use coach_core::ports::{RandomSource, random_bytes};
use coach_tokens::SigningSecret;

use crate::{database::StartError, operating_system::OsRandom};

/// The key that is kept in a file beside an SQLite database, made when there is none. Every process that uses the
/// database uses the same one.
pub(crate) fn beside(database: &Path) -> Result<SigningSecret, StartError> {
    let file = file_beside(database);
    let failed = |error: &dyn std::fmt::Display| {
        StartError::SigningSecret(format!("{}: {error}", file.display()))
    };
    let secret = match fs::read(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            create(&file, &OsRandom).and_then(|()| fs::read(&file))
        }
        read => read,
    };
    let secret = secret.map_err(|error| failed(&error))?;
    SigningSecret::new(secret.trim_ascii().to_vec()).map_err(|error| failed(&error))
}

fn file_beside(database: &Path) -> PathBuf {
    let mut name = OsString::from(database);
    name.push(".jwt-secret");
    name.into()
}

/// The file appears whole or not at all, readable for its owner alone. If another process made it in the meantime, that
/// one stays.
fn create(file: &Path, random: &dyn RandomSource) -> io::Result<()> {
    let directory = file.parent().filter(|directory| !directory.as_os_str().is_empty());
    let mut temporary = tempfile::NamedTempFile::new_in(directory.unwrap_or(Path::new(".")))?;
    let mut secret = String::with_capacity(65);
    for byte in random_bytes::<32>(random) {
        let _ = write!(secret, "{byte:02x}");
    }
    writeln!(temporary, "{secret}")?;
    temporary.as_file().sync_all()?;
    match temporary.persist_noclobber(file) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::PermissionsExt, thread};

    use super::*;

    #[test]
    fn the_file_is_made_once_for_its_owner_alone() {
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
    fn a_short_file_is_refused_by_its_name() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("x.db.jwt-secret"), "short").unwrap();
        let error = beside(&directory.path().join("x.db")).unwrap_err().to_string();
        assert!(error.contains("x.db.jwt-secret") && error.contains("32 bytes"), "{error}");
    }
}
