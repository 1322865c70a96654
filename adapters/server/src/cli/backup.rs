use std::{path::Path, process::ExitCode};

use coach_diesel::{DatabaseUrl, sqlite};
use serde_json::json;

use super::output::{fail, print};
use crate::{Config, progress::ProgressBar, serve::stop_signal, signing_secret};

/// Copies the database and says where the signing key is. A signal removes the incomplete copy.
pub(super) fn run(config: &Config, copy: &Path, as_json: bool) -> ExitCode {
    let DatabaseUrl::Sqlite(database) = &config.database_url else {
        let sentence =
            "The database is PostgreSQL: copy it with pg_dump, which may run beside the server.";
        return fail(&sentence, 1);
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format_args!("The copy cannot begin: {error}."), 1),
    };
    let outcome = runtime.block_on(async {
        let bar = ProgressBar::new();
        let stopped =
            stop_signal().map_err(|error| format!("Signals cannot be caught: {error}."))?;
        tokio::select! {
            copied = sqlite::back_up(database, copy, |progress| bar.show("Copying", progress)) => {
                copied.map_err(|error| format!("{error}."))
            }
            () = stopped => Err("Interrupted: nothing was copied.".to_owned()),
        }
    });
    // SQLite cannot stop in the middle of the copy, so do not wait for it.
    runtime.shutdown_background();
    match outcome {
        Ok(bytes) => report(database, copy, bytes, as_json),
        Err(sentence) => fail(&sentence, 1),
    }
}

fn report(database: &Path, copy: &Path, bytes: u64, as_json: bool) -> ExitCode {
    let key = Some(signing_secret::file_beside(database)).filter(|file| file.exists());
    if as_json {
        let (database, copy) = (database.display(), copy.display());
        let key = key.map(|file| file.display().to_string());
        return print(
            &json!({
                "database": database.to_string(),
                "copy": copy.to_string(),
                "bytes": bytes,
                "signing_key_not_included": key,
            })
            .to_string(),
        );
    }
    let mut text = format!("Copied {} to {}: {bytes} bytes.", database.display(), copy.display());
    if let Some(key) = key {
        let key = key.display();
        text.push_str(&format!(
            "\nThe signing key is not part of the copy. Keep a copy of {key} in another place."
        ));
    }
    print(&text)
}
