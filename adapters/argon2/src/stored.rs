//! Stored hashes of any supported scheme.

use coach_core::{
    domain::{Password, PasswordHash},
    ports::Verdict,
};

use crate::{
    bcrypt::{self, BcryptHash},
    cost::{Argon2Cost, Cost},
    hash::{self, Argon2Hash, Memory},
};

/// A stored hash within the limits.
#[derive(Debug)]
pub(crate) enum StoredHash {
    Argon2(Argon2Hash),
    Bcrypt(BcryptHash),
}

/// The comparison of one password: with the stored hash, and if that fails with nothing, to do the work of `cover`.
pub(crate) struct Comparison {
    pub(crate) password: Password,
    pub(crate) stored: Option<StoredHash>,
    /// The cost of new hashes.
    pub(crate) new: Argon2Cost,
    pub(crate) cover: Vec<Cost>,
}

impl StoredHash {
    /// Parses a stored hash. Returns `None` if it is not supported or above the limits.
    pub(crate) fn read(hash: &PasswordHash) -> Option<Self> {
        let argon2 = hash::read(hash.expose()).map(Self::Argon2);
        argon2.or_else(|| bcrypt::read(hash.expose()).map(Self::Bcrypt))
    }

    pub(crate) fn cost(&self) -> Cost {
        match self {
            Self::Argon2(hash) => Cost::Argon2(hash.cost),
            Self::Bcrypt(hash) => Cost::Bcrypt(hash.rounds),
        }
    }

    fn is_outdated(&self, new: Argon2Cost) -> bool {
        match self {
            Self::Argon2(hash) => hash.cost != new || hash.has_other_lengths(),
            Self::Bcrypt(_) => true,
        }
    }
}

impl Comparison {
    /// Computes the verdict.
    ///
    /// # Errors
    ///
    /// If there is not enough memory.
    pub(crate) fn run(&self, memory: &mut Memory) -> argon2::password_hash::Result<Verdict> {
        if let Some(stored) = &self.stored
            && self.matches(stored, memory)?
        {
            return Ok(match stored.is_outdated(self.new) {
                true => Verdict::RightButOutdated,
                false => Verdict::Right,
            });
        }
        for cost in &self.cover {
            match *cost {
                Cost::Argon2(cost) => hash::spend(&self.password, cost, memory)?,
                Cost::Bcrypt(rounds) => bcrypt::spend(&self.password, rounds),
            }
        }
        Ok(Verdict::Wrong)
    }

    fn matches(
        &self,
        stored: &StoredHash,
        memory: &mut Memory,
    ) -> argon2::password_hash::Result<bool> {
        match stored {
            StoredHash::Argon2(hash) => hash::verify(&self.password, hash, memory),
            StoredHash::Bcrypt(hash) => Ok(bcrypt::verify(&self.password, hash)),
        }
    }
}
