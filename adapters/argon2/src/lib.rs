#![doc = include_str!("../README.md")]

mod bcrypt;
mod cost;
mod hash;
mod stored;
mod threads;

use std::num::NonZeroUsize;

use async_trait::async_trait;
use coach_core::{
    domain::{Password, PasswordHash, PasswordScheme},
    ports::{Admission, PasswordHasher, PasswordHasherError, Verdict},
};

pub use self::threads::{HashObserver, HashStatistics, HashTimes};
use self::{
    cost::Argon2Cost,
    hash::Memory,
    stored::{Comparison, StoredHash},
    threads::{HashThreads, Rejected},
};

/// Hashes passwords with Argon2id. Verifies hashes of other Argon2 variants and of bcrypt too.
pub struct Argon2PasswordHasher {
    /// The cost of new hashes.
    cost: Argon2Cost,
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
    /// Number of further passwords that may wait, at least 1.
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
        let cost = Argon2Cost::new(memory, iterations, parallelism)
            .map_err(Argon2SettingsError::Parameters)?;
        let memory = move || Memory::for_hashes_of(cost);
        Ok(Self { cost, threads: HashThreads::start(threads, queue, memory)? })
    }

    /// Tells the observer of every password from now on.
    #[must_use]
    pub fn observed_by(self, observer: HashObserver) -> Self {
        Self { threads: self.threads.observed_by(observer), ..self }
    }

    /// Returns what the threads did since the start.
    #[must_use]
    pub fn statistics(&self) -> HashStatistics {
        self.threads.statistics()
    }
}

#[async_trait]
impl PasswordHasher for Argon2PasswordHasher {
    fn admit(&self) -> Result<Admission, PasswordHasherError> {
        Ok(Admission::holding(self.threads.admit()?))
    }

    fn supports(&self, hash: &PasswordHash) -> bool {
        StoredHash::read(hash).is_some()
    }

    async fn hash(&self, password: &Password) -> Result<PasswordHash, PasswordHasherError> {
        let (cost, password) = (self.cost, password.clone());
        self.threads
            .run(move |memory| hash::hash(cost, &password, memory))
            .await?
            .map(|hash| PasswordHash::new(hash.to_string()))
            .map_err(failed)
    }

    async fn verify<'a>(
        &self,
        password: &Password,
        hash: Option<&'a PasswordHash>,
        schemes: &[PasswordScheme],
    ) -> Result<Verdict, PasswordHasherError> {
        let stored = hash.and_then(read);
        let new = self.cost;
        let cover = cost::cover(new, stored.as_ref().map(StoredHash::cost), schemes);
        let comparison = Comparison { password: password.clone(), stored, new, cover };
        self.threads.run(move |memory| comparison.run(memory)).await?.map_err(failed)
    }
}

/// Returns whether a stored hash can be verified: its scheme is supported and its parameters are within the limits.
#[must_use]
pub fn supports(hash: &PasswordHash) -> bool {
    StoredHash::read(hash).is_some()
}

/// Parses a stored hash. Logs a hash that is refused.
fn read(hash: &PasswordHash) -> Option<StoredHash> {
    let stored = StoredHash::read(hash);
    if stored.is_none() {
        let scheme = hash.scheme();
        let scheme = scheme.as_ref().map(PasswordScheme::as_str);
        tracing::error!(scheme, "a stored password hash is not supported or above the limits");
    }
    stored
}

fn failed(error: argon2::password_hash::Error) -> PasswordHasherError {
    PasswordHasherError::Failed(error.to_string().into())
}

impl From<Rejected> for PasswordHasherError {
    fn from(rejected: Rejected) -> Self {
        match rejected {
            Rejected::Busy { retry_after } => Self::Busy { retry_after },
            Rejected::Lost => Self::Failed("the hashing job panicked".into()),
        }
    }
}
