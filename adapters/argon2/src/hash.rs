//! Argon2 in memory that the caller provides.

use argon2::{
    Block, MIN_SALT_LEN, Params,
    password_hash::{self, phc},
};
use coach_core::domain::Password;

use crate::cost::Argon2Cost;

/// Length of new salts in bytes, as RFC 9106 recommends.
const SALT_BYTES: usize = 16;

/// A stored hash within the limits.
#[derive(Debug)]
pub(crate) struct Argon2Hash {
    pub(crate) cost: Argon2Cost,
    salt: phc::Salt,
    output: phc::Output,
}

/// The memory of one thread. The thread keeps what a new hash needs, because a new allocation for each hash would make
/// hashing a fifth slower and fragment the heap.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    blocks: Vec<Block>,
    kept: usize,
}

impl Memory {
    /// Creates the memory of a thread that keeps what hashes of this cost need.
    pub(crate) fn for_hashes_of(cost: Argon2Cost) -> Self {
        let kept = cost.argon2().map_or(0, |argon2| argon2.params().block_count());
        Self { blocks: Vec::new(), kept }
    }

    /// Returns the memory for an Argon2 computation.
    fn take(&mut self, blocks: usize) -> password_hash::Result<Vec<Block>> {
        let mut memory = std::mem::take(&mut self.blocks);
        if memory.len() < blocks {
            // Free the old memory first. Growing it would copy blocks that are overwritten anyway.
            memory = Vec::new();
            memory.try_reserve_exact(blocks).map_err(|_| password_hash::Error::Internal)?;
            memory.resize(blocks, Block::default());
        }
        Ok(memory)
    }

    /// Keeps the memory for the next computation, unless it is larger than new hashes need.
    fn give_back(&mut self, memory: Vec<Block>) {
        if memory.len() <= self.kept {
            self.blocks = memory;
        }
    }
}

/// Hashes a password with a new salt.
pub(crate) fn hash(
    cost: Argon2Cost,
    password: &Password,
    memory: &mut Memory,
) -> password_hash::Result<phc::PasswordHash> {
    let salt = password_hash::try_generate_salt().map_err(|_| password_hash::Error::Internal)?;
    let output = compute(cost, password, &salt, Params::DEFAULT_OUTPUT_LEN, memory)?;
    phc_string(cost, &salt, output)
}

/// Parses a PHC string. Returns `None` unless it is an Argon2 hash within the limits.
pub(crate) fn read(phc: &str) -> Option<Argon2Hash> {
    let hash = phc::PasswordHash::new(phc).ok()?;
    let cost = Argon2Cost::of_phc(&hash)?;
    let salt = hash.salt.filter(|salt| salt.len() >= MIN_SALT_LEN)?;
    Some(Argon2Hash { cost, salt, output: hash.hash? })
}

impl Argon2Hash {
    /// Returns whether a new hash would have shorter or longer salt or output.
    pub(crate) fn has_other_lengths(&self) -> bool {
        self.salt.len() != SALT_BYTES || self.output.len() != Params::DEFAULT_OUTPUT_LEN
    }
}

/// Returns whether the password matches. The outputs are compared in constant time.
pub(crate) fn verify(
    password: &Password,
    stored: &Argon2Hash,
    memory: &mut Memory,
) -> password_hash::Result<bool> {
    let Argon2Hash { cost, salt, output } = stored;
    let computed = compute(*cost, password, salt, output.len(), memory)?;
    Ok(computed == *output)
}

/// Does the work of a hash.
pub(crate) fn spend(
    password: &Password,
    cost: Argon2Cost,
    memory: &mut Memory,
) -> password_hash::Result<()> {
    let length = Params::DEFAULT_OUTPUT_LEN;
    let computed = compute(cost, password, &[0; SALT_BYTES], length, memory)?;
    std::hint::black_box(computed);
    Ok(())
}

fn compute(
    cost: Argon2Cost,
    password: &Password,
    salt: &[u8],
    output_bytes: usize,
    memory: &mut Memory,
) -> password_hash::Result<phc::Output> {
    #[cfg(test)]
    crate::cost::tests::note(crate::cost::Cost::Argon2(cost));
    let mut output = [0; phc::Output::MAX_LENGTH];
    let output = output.get_mut(..output_bytes).ok_or(password_hash::Error::OutputSize)?;
    let argon2 = cost.argon2()?;
    let mut blocks = memory.take(argon2.params().block_count())?;
    let password = password.expose().as_bytes();
    argon2.hash_password_into_with_memory(password, salt, output, &mut blocks)?;
    memory.give_back(blocks);
    Ok(phc::Output::new(output)?)
}

fn phc_string(
    cost: Argon2Cost,
    salt: &[u8],
    output: phc::Output,
) -> password_hash::Result<phc::PasswordHash> {
    Ok(phc::PasswordHash {
        algorithm: cost.algorithm.ident(),
        version: Some(cost.version.into()),
        params: phc::ParamsString::try_from(cost.argon2()?.params())?,
        salt: Some(phc::Salt::new(salt)?),
        hash: Some(output),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(memory: u32, passes: u32) -> Argon2Cost {
        Argon2Cost::new(memory, passes, 1).unwrap()
    }

    fn verifies(password: &str, phc: &str) -> bool {
        let (password, hash) = (Password::parse(password).unwrap(), read(phc).unwrap());
        verify(&password, &hash, &mut Memory::default()).unwrap()
    }

    /// The hashes come from the `argon2` command and the tests of the reference implementation.
    #[test]
    fn hashes_of_the_reference_implementation_verify() {
        for phc in [
            "$argon2i$v=19$m=4096,t=2,p=4$c29tZXNhbHQ$ZPidoNOWM3jRl0AD+3mGdZsq+GvHprGL",
            "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$K13EBUiG7JV+9ZxztmHFTdb7J0WQsnj2V8bZaqyPptE",
            // Without a version: 0x10.
            "$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ",
        ] {
            assert!(verifies("password", phc), "{phc}");
            assert!(!verifies("Password", phc), "{phc}");
        }
    }

    #[test]
    fn a_new_hash_is_argon2id_with_the_given_parameters() {
        let password = Password::parse("TestPass123!").unwrap();
        let phc = hash(cost(19_456, 2), &password, &mut Memory::default()).unwrap().to_string();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(!read(&phc).unwrap().has_other_lengths());
        assert!(verifies("TestPass123!", &phc));
        assert!(!verifies("TestPass123! ", &phc));
    }

    #[test]
    fn hash_of_another_scheme_or_above_the_limits_is_refused() {
        let rest = "c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        assert!(read(&format!("$argon2id$v=19$m=1048576,t=1,p=1${rest}")).is_some());
        assert!(read(&format!("$argon2id$v=19$m=65536,t=16,p=64${rest}")).is_some());
        let long = "A".repeat(90);
        for phc in [
            String::new(),
            "plain text".to_owned(),
            "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW".to_owned(),
            format!("$argon2id$v=19$m=1048577,t=1,p=1${rest}"),
            format!("$argon2id$v=19$m=65536,t=17,p=1${rest}"),
            format!("$argon2id$v=19$m=4294967295,t=4294967295,p=1${rest}"),
            format!("$argon2id$v=19$m=16,t=1025,p=1${rest}"),
            format!("$argon2id$v=19$m=65536,t=2,p=65${rest}"),
            format!("$argon2id$v=19$m=0,t=0,p=0${rest}"),
            format!("$argon2id$v=18$m=16,t=1,p=1${rest}"),
            format!("$argon2id$v=19$m=16,t=1,p=1,keyid=AAAA${rest}"),
            format!("$argon2id$v=19$m=16,t=1,p=1$c29tZXNhbHQ${long}"),
            format!(
                "$argon2id$v=19$m=16,t=1,p=1${long}$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
            ),
            "$argon2id$v=19$m=16,t=1,p=1$c29tZXNhbHQ".to_owned(),
            "$argon2id$v=19$m=16,t=1,p=1$c29tZQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
                .to_owned(),
        ] {
            assert!(read(&phc).is_none(), "{phc}");
        }
    }

    #[test]
    fn memory_is_reused_across_parameters_and_freed_above_that_of_a_new_hash() {
        let mut memory = Memory::for_hashes_of(cost(32, 1));
        let password = Password::parse("password").unwrap();
        for (kib, kept) in [(32, 32), (8, 32), (64, 0), (16, 16), (32, 32)] {
            let hash = hash(cost(kib, 1), &password, &mut memory).unwrap().to_string();
            assert_eq!(memory.blocks.len(), kept, "{kib}");
            assert!(verifies("password", &hash));
        }
    }
}
