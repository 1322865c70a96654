//! Argon2 in memory that the caller provides.

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{self, phc},
};
use coach_core::domain::Password;

// Limits for stored hashes, in KiB, passes and lanes. Without them, an attacker who can write one row of the database
// could exhaust the server.
const MAX_MEMORY: u32 = 256 * 1024;
const MAX_ITERATIONS: u32 = 16;
const MAX_PARALLELISM: u32 = 16;

const SALT_BYTES: usize = 16;

pub(crate) fn hash(
    argon2: &Argon2<'_>,
    password: &Password,
    memory: &mut Vec<Block>,
) -> password_hash::Result<phc::PasswordHash> {
    let salt = password_hash::try_generate_salt().map_err(|_| password_hash::Error::Internal)?;
    let output = compute(argon2, password, &salt, Params::DEFAULT_OUTPUT_LEN, memory)?;
    phc_string(argon2, &salt, output)
}

/// Creates a hash that no password matches, with the parameters of `argon2`.
pub(crate) fn dummy(argon2: &Argon2<'_>) -> Result<phc::PasswordHash, getrandom::Error> {
    let mut bytes = [0; SALT_BYTES + Params::DEFAULT_OUTPUT_LEN];
    #[allow(clippy::disallowed_methods, reason = "this adapter generates its own salts")]
    getrandom::fill(&mut bytes)?;
    let (salt, output) = bytes.split_at(SALT_BYTES);
    phc::Output::new(output)
        .map_err(password_hash::Error::from)
        .and_then(|output| phc_string(argon2, salt, output))
        .map_err(|_| getrandom::Error::UNEXPECTED)
}

/// Parses a PHC string. Returns `None` unless it is an Argon2 hash within the limits.
pub(crate) fn read(phc: &str) -> Option<phc::PasswordHash> {
    let hash = phc::PasswordHash::new(phc).ok()?;
    let params = Params::try_from(&hash).ok()?;
    let is_affordable = params.m_cost() <= MAX_MEMORY
        && params.t_cost() <= MAX_ITERATIONS
        && params.p_cost() <= MAX_PARALLELISM;
    (Algorithm::try_from(hash.algorithm.as_str()).is_ok() && is_affordable).then_some(hash)
}

/// Returns whether the password matches. The outputs are compared in constant time.
pub(crate) fn verify(
    password: &Password,
    stored: &phc::PasswordHash,
    memory: &mut Vec<Block>,
) -> bool {
    let mut recompute = || {
        let algorithm = Algorithm::try_from(stored.algorithm.as_str()).ok()?;
        let version = stored.version.map_or(Ok(Version::V0x13), Version::try_from).ok()?;
        let argon2 = Argon2::new(algorithm, version, Params::try_from(stored).ok()?);
        let (salt, output) = (stored.salt?, stored.hash?);
        let computed = compute(&argon2, password, &salt, output.len(), memory).ok()?;
        Some(computed == output)
    };
    recompute().unwrap_or(false)
}

fn compute(
    argon2: &Argon2<'_>,
    password: &Password,
    salt: &[u8],
    output_bytes: usize,
    memory: &mut Vec<Block>,
) -> password_hash::Result<phc::Output> {
    let blocks = argon2.params().block_count();
    if memory.len() < blocks {
        // Free the old memory first. Growing it would copy blocks that are overwritten anyway.
        *memory = Vec::new();
        memory.try_reserve_exact(blocks).map_err(|_| password_hash::Error::Internal)?;
        memory.resize(blocks, Block::default());
    }
    let mut output = [0; phc::Output::MAX_LENGTH];
    let output = output.get_mut(..output_bytes).ok_or(password_hash::Error::OutputSize)?;
    argon2.hash_password_into_with_memory(password.expose().as_bytes(), salt, output, memory)?;
    Ok(phc::Output::new(output)?)
}

fn phc_string(
    argon2: &Argon2<'_>,
    salt: &[u8],
    output: phc::Output,
) -> password_hash::Result<phc::PasswordHash> {
    Ok(phc::PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: phc::ParamsString::try_from(argon2.params())?,
        salt: Some(phc::Salt::new(salt)?),
        hash: Some(output),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verifies(password: &str, phc: &str) -> bool {
        let password = Password::parse(password).unwrap();
        read(phc).is_some_and(|hash| verify(&password, &hash, &mut Vec::new()))
    }

    /// The hashes come from the `argon2` command of the reference implementation.
    #[test]
    fn hashes_of_the_reference_implementation_verify() {
        for phc in [
            "$argon2i$v=19$m=4096,t=2,p=4$c29tZXNhbHQ$ZPidoNOWM3jRl0AD+3mGdZsq+GvHprGL",
            "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$K13EBUiG7JV+9ZxztmHFTdb7J0WQsnj2V8bZaqyPptE",
        ] {
            assert!(verifies("password", phc), "{phc}");
            assert!(!verifies("Password", phc), "{phc}");
        }
    }

    #[test]
    fn a_new_hash_is_argon2id_with_the_given_parameters() {
        let argon2 = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(19_456, 2, 1, None).unwrap(),
        );
        let password = Password::parse("TestPass123!").unwrap();
        let phc = hash(&argon2, &password, &mut Vec::new()).unwrap().to_string();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(verifies("TestPass123!", &phc));
        assert!(!verifies("TestPass123! ", &phc));
    }

    #[test]
    fn dummy_hash_has_the_given_parameters_and_matches_no_password() {
        let argon2 =
            Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(16, 1, 1, None).unwrap());
        let phc = dummy(&argon2).unwrap().to_string();
        assert!(phc.starts_with("$argon2id$v=19$m=16,t=1,p=1$"), "{phc}");
        assert_ne!(phc, dummy(&argon2).unwrap().to_string());
        assert!(!verifies("", &phc));
    }

    #[test]
    fn hash_of_another_scheme_or_above_the_limits_is_refused() {
        let rest = "c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        for phc in [
            String::new(),
            "plain text".to_owned(),
            "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW".to_owned(),
            format!("$argon2id$v=19$m=4194304,t=2,p=1${rest}"),
            format!("$argon2id$v=19$m=65536,t=1000000,p=1${rest}"),
            format!("$argon2id$v=19$m=65536,t=2,p=1000${rest}"),
            format!("$argon2id$v=19$m=0,t=0,p=0${rest}"),
        ] {
            assert!(read(&phc).is_none(), "{phc}");
        }
    }

    #[test]
    fn memory_is_reused_across_parameters() {
        let mut memory = Vec::new();
        let password = Password::parse("password").unwrap();
        for kib in [32, 8, 64, 16] {
            let params = Params::new(kib, 1, 1, None).unwrap();
            let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
            let hash = hash(&argon2, &password, &mut memory).unwrap();
            assert!(verify(&password, &hash, &mut Vec::new()));
        }
    }
}
