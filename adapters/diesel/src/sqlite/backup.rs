use std::{
    ffi::OsString,
    fs::{File, OpenOptions, Permissions},
    io,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use diesel::{QueryableByName, RunQueryDsl, SqliteConnection, sql_types::BigInt, sql_types::Text};
use tempfile::{TempDir, TempPath};

use super::connection;
use crate::{BackupError, Progress};

/// How often the progress is reported.
const BETWEEN_REPORTS: Duration = Duration::from_millis(100);
const EXISTS: &str = "it exists already";

#[derive(QueryableByName)]
struct Size {
    #[diesel(sql_type = BigInt)]
    bytes: i64,
}

/// Copies the database into the new file `copy`, which only its owner can read, and returns its size in bytes. Other
/// connections may write meanwhile: the copy has what was committed before it began.
///
/// The copy gets its name when it is complete and on the disk. If the future is dropped, nothing is left of it.
///
/// # Errors
///
/// [`BackupError`] if the database cannot be read, or if `copy` exists or cannot be written.
pub async fn back_up(
    file: &Path,
    copy: &Path,
    mut report: impl FnMut(Progress),
) -> Result<u64, BackupError> {
    if !file.is_file() {
        return Err(BackupError::Source(connection::error(file, "it does not exist")));
    }
    let unreadable =
        |error: &dyn std::fmt::Display| BackupError::Source(connection::error(file, error));
    let partial = Partial::create(copy).map_err(|error| BackupError::copy(copy, error))?;
    let source = connection::path(file).map_err(BackupError::Source)?;
    let mut source = tokio::task::spawn_blocking(move || connection::establish(&source))
        .await
        .map_err(|error| unreadable(&error))?
        .map_err(|error| unreadable(&error))?;
    let total = size(&mut source).map_err(|error| unreadable(&error))?.bytes.unsigned_abs();
    let target =
        partial.file.to_str().ok_or_else(|| BackupError::copy(copy, "the path is not UTF-8"))?;
    let mut copying = vacuum_into(source, target.to_owned());
    let result = loop {
        match tokio::time::timeout(BETWEEN_REPORTS, &mut copying).await {
            Ok(result) => break result,
            Err(_) => report(Progress { done: partial.bytes(), total }),
        }
    };
    result
        .map_err(|error| BackupError::copy(copy, error))?
        .map_err(|error| BackupError::copy(copy, error))?;
    let bytes = partial.bytes();
    report(Progress { done: bytes, total: bytes });
    partial.finish(copy).map_err(|error| BackupError::copy(copy, error))?;
    Ok(bytes)
}

/// An incomplete copy with its journal, in a directory beside the place of the copy. Dropping it deletes both.
struct Partial {
    file: PathBuf,
    directory: TempDir,
}

impl Partial {
    /// Creates an empty file with mode 0600.
    fn create(copy: &Path) -> io::Result<Self> {
        if copy.symlink_metadata().is_ok() {
            return Err(io::Error::other(EXISTS));
        }
        let parent = directory(copy);
        parent.metadata()?;
        let mut prefix = OsString::from(".");
        prefix.push(copy.file_name().ok_or(io::ErrorKind::InvalidInput)?);
        prefix.push(".");
        let directory = tempfile::Builder::new()
            .prefix(&prefix)
            .suffix(".partial")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(parent)
            .map_err(without_name)?;
        let file = directory.path().join("copy.db");
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file)?;
        Ok(Self { file, directory })
    }

    fn bytes(&self) -> u64 {
        self.file.metadata().map_or(0, |metadata| metadata.len())
    }

    /// Writes the copy to the disk and gives it its name. SQLite does not wait for the disk here.
    fn finish(self, copy: &Path) -> io::Result<()> {
        File::open(&self.file)?.sync_all()?;
        let file = TempPath::try_from_path(&self.file)?;
        file.persist_noclobber(copy).map_err(|error| match error.error.kind() {
            io::ErrorKind::AlreadyExists => io::Error::other(EXISTS),
            _ => error.error,
        })?;
        self.directory.close().map_err(without_name)?;
        File::open(directory(copy))?.sync_all()
    }
}

/// Returns an error without the name of the temporary file. The operator did not choose that name.
fn without_name(error: io::Error) -> io::Error {
    error.kind().into()
}

fn directory(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn size(source: &mut SqliteConnection) -> diesel::QueryResult<Size> {
    diesel::sql_query(
        "SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()",
    )
    .get_result(source)
}

/// Starts the copy. `VACUUM INTO` reads everything in one transaction, so in WAL mode it neither waits for writers nor
/// holds them up.
fn vacuum_into(
    mut source: SqliteConnection,
    target: String,
) -> tokio::task::JoinHandle<diesel::QueryResult<usize>> {
    tokio::task::spawn_blocking(move || {
        diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(target).execute(&mut source)
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use diesel::connection::SimpleConnection;

    use super::*;

    fn database(directory: &Path) -> (std::path::PathBuf, SqliteConnection) {
        let file = directory.join("x.db");
        let mut connection = connection::establish(file.to_str().unwrap()).unwrap();
        connection.batch_execute("CREATE TABLE numbers (number INTEGER)").unwrap();
        (file, connection)
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn copy_has_what_was_committed_and_only_its_owner_can_read_it() {
        let directory = tempfile::tempdir().unwrap();
        let (file, mut writer) = database(directory.path());
        writer
            .batch_execute("INSERT INTO numbers VALUES (1); BEGIN; INSERT INTO numbers VALUES (2);")
            .unwrap();
        let copy = directory.path().join("it's a copy.db");
        let bytes = back_up(&file, &copy, |_| {}).await.unwrap();
        let metadata = fs::metadata(&copy).unwrap();
        assert_eq!((metadata.len(), metadata.permissions().mode() & 0o777), (bytes, 0o600));
        let mut copied = connection::establish(copy.to_str().unwrap()).unwrap();
        let sum = diesel::sql_query("SELECT sum(number) AS bytes FROM numbers");
        assert_eq!(sum.get_result::<Size>(&mut copied).unwrap().bytes, 1);
    }

    #[tokio::test]
    async fn existing_file_is_kept_and_no_partial_one_is_left() {
        let directory = tempfile::tempdir().unwrap();
        let (file, _writer) = database(directory.path());
        let before = names(directory.path());
        let error = back_up(&file, &file, |_| {}).await.unwrap_err().to_string();
        assert!(error.contains("x.db") && error.contains("exists already"), "{error}");
        let missing = directory.path().join("missing/copy.db");
        let error = back_up(&file, &missing, |_| {}).await.unwrap_err().to_string();
        assert!(error.contains("missing/copy.db cannot be written: No such file"), "{error}");
        assert!(!error.contains(".partial"), "{error}");
        fs::write(
            directory.path().join("not.db"),
            "no database, but long enough to be read as one",
        )
        .unwrap();
        let copy = directory.path().join("copy.db");
        assert!(back_up(&directory.path().join("not.db"), &copy, |_| {}).await.is_err());
        assert!(back_up(&directory.path().join("absent.db"), &copy, |_| {}).await.is_err());
        fs::remove_file(directory.path().join("not.db")).unwrap();
        assert_eq!(names(directory.path()), before);
    }
}
