#![doc = include_str!("../README.md")]

mod accounts;
mod audit_trail;
mod codes;
mod practice;
mod sessions;
mod state;
mod users;

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use coach_core::ports::{HealthCheck, RepositoryError};

use self::state::State;

/// Stores accounts, sessions, one-time codes, practice sessions and the audit trail in memory.
#[derive(Debug, Default)]
pub struct MemoryStorage {
    state: Mutex<State>,
}

impl MemoryStorage {
    /// Creates an empty storage.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl HealthCheck for MemoryStorage {
    async fn check(&self) -> Result<(), RepositoryError> {
        Ok(())
    }
}
