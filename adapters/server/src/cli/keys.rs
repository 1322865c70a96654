use std::{
    fs::OpenOptions,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Subcommand;
use coach_tokens::{PrivateKey, PublicKeyAlgorithm};

use super::output::{fail, print};

#[derive(Subcommand)]
pub(super) enum KeysCommand {
    /// Generates a private key for JWT_PRIVATE_KEY_FILE, as PEM PKCS #8.
    Generate {
        /// The JWT_ALGORITHM of the key: EdDSA or ES256.
        #[arg(long, default_value = "EdDSA")]
        algorithm: PublicKeyAlgorithm,
        /// Writes the key to this new file, which only its owner can read. Prints the key by default.
        #[arg(long)]
        out: Option<PathBuf>,
    },
}

impl KeysCommand {
    pub(super) fn run(self) -> ExitCode {
        let Self::Generate { algorithm, out } = self;
        generate(algorithm, out.as_deref())
    }
}

fn generate(algorithm: PublicKeyAlgorithm, out: Option<&Path>) -> ExitCode {
    let key = match PrivateKey::generate(algorithm) {
        Ok(key) => key,
        Err(error) => return fail(&format_args!("The key cannot be generated: {error}."), 1),
    };
    let Some(file) = out else { return print(key.expose_pem().trim_end()) };
    // `create_new` never overwrites an existing key.
    let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    match created.and_then(|mut file| file.write_all(key.expose_pem().as_bytes())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&format_args!("{} cannot be written: {error}.", file.display()), 1),
    }
}
