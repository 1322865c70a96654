#![doc = include_str!("../README.md")]

mod hash;
mod threads;

use std::num::NonZeroUsize;

use argon2::{Algorithm, Argon2, Params, Version, password_hash::phc};
use async_trait::async_trait;
use coach_core::{
    domain::{Password, PasswordHash},
    ports::{PasswordHasher, PasswordHasherError},
};

use self::threads::{HashThreads, Rejected};

/// Hashes passwords with Argon2id.
pub struct Argon2PasswordHasher {
    argon2: Argon2<'static>,
    dummy: phc::PasswordHash,
    threads: HashThreads,
}

/// The cost of a new hash and the threads that compute it.
#[derive(Debug, Clone, Copy)]
pub struct Argon2Settings {
    /// Memory in KiB.
    pub memory: u32,
    /// Number of passes over the memory.
    pub iterations: u32,
    /// Number of lanes.
    pub parallelism: u32,
    /// Number of passwords that are hashed at the same time.
    pub threads: NonZeroUsize,
    /// Number of further passwords that may wait.
    pub queue: usize,
}

impl Argon2Settings {
    /// Returns the settings that the OWASP Password Storage Cheat Sheet and ASVS 5.0, appendix C recommend, with a
    /// queue of 64.
    #[must_use]
    pub fn recommended(threads: NonZeroUsize) -> Self {
        Self { memory: 19_456, iterations: 2, parallelism: 1, threads, queue: 64 }
    }
}

/// The hasher could not be started.
#[derive(Debug, thiserror::Error)]
pub enum Argon2SettingsError {
    /// Argon2 does not allow the parameters.
    #[error("the Argon2 parameters are not valid: {0}")]
    Parameters(argon2::Error),
    /// The operating system provided no randomness for the dummy hash.
    #[error("the operating system provided no randomness: {0}")]
    Randomness(getrandom::Error),
    /// A thread could not be started.
    #[error("a hashing thread could not be started: {0}")]
    Thread(#[from] std::io::Error),
}

impl Argon2PasswordHasher {
    /// Starts the hasher and its threads, which end when the hasher is dropped.
    ///
    /// # Errors
    ///
    /// See [`Argon2SettingsError`].
    pub fn start(settings: Argon2Settings) -> Result<Self, Argon2SettingsError> {
        let Argon2Settings { memory, iterations, parallelism, threads, queue } = settings;
        let params = Params::new(memory, iterations, parallelism, None)
            .map_err(Argon2SettingsError::Parameters)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let dummy = hash::dummy(&argon2).map_err(Argon2SettingsError::Randomness)?;
        Ok(Self { argon2, dummy, threads: HashThreads::start(threads, queue)? })
    }
}

#[async_trait]
impl PasswordHasher for Argon2PasswordHasher {
    async fn hash(&self, password: &Password) -> Result<PasswordHash, PasswordHasherError> {
        let (argon2, password) = (self.argon2.clone(), password.clone());
        self.threads
            .run(move |memory| hash::hash(&argon2, &password, memory))
            .await?
            .map(|hash| PasswordHash::new(hash.to_string()))
            .map_err(|error| PasswordHasherError::Failed(error.to_string().into()))
    }

    async fn verify<'a>(
        &self,
        password: &Password,
        hash: Option<&'a PasswordHash>,
    ) -> Result<bool, PasswordHasherError> {
        let stored = match hash {
            // An unsupported hash never matches. Verifying the dummy keeps the response time the same.
            Some(hash) => hash::read(hash.expose()).unwrap_or_else(|| {
                tracing::error!("a stored password hash is not an Argon2 hash within the limits");
                self.dummy.clone()
            }),
            None => self.dummy.clone(),
        };
        let password = password.clone();
        Ok(self.threads.run(move |memory| hash::verify(&password, &stored, memory)).await?)
    }
}

impl From<Rejected> for PasswordHasherError {
    fn from(rejected: Rejected) -> Self {
        match rejected {
            Rejected::Full => Self::Busy,
            Rejected::Lost => Self::Failed("the hashing job panicked".into()),
        }
    }
}
