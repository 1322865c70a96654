//! bcrypt as passlib and other programs write it: `$2b$12$`, 22 characters of salt and 31 of output.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use coach_core::domain::Password;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// bcrypt reads at most this many bytes of a password.
const MAX_PASSWORD_BYTES: usize = 72;
const SALT_CHARACTERS: usize = 22;
/// bcrypt computes 24 bytes and stores 23.
const OUTPUT_BYTES: usize = 23;
/// Cost 14 takes about a second of a core.
const COSTS: std::ops::RangeInclusive<u32> = 4..=14;

/// Salts have 128 bits in 132 bits of text. Some programs set the others.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::BCRYPT,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// bcrypt's cost: the binary logarithm of its number of rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rounds(u32);

/// A hash within the limits.
#[derive(Debug)]
pub(crate) struct BcryptHash {
    pub(crate) rounds: Rounds,
    salt: [u8; 16],
    output: [u8; OUTPUT_BYTES],
}

impl Rounds {
    #[cfg(test)]
    pub(crate) fn count(self) -> u64 {
        1 << self.0
    }

    /// Returns the costs whose work makes this cost as much work as `most`.
    pub(crate) fn up_to(self, most: Self) -> impl Iterator<Item = Self> {
        (self.0..most.0).map(Self)
    }
}

/// Splits off the start of a hash. Returns `None` if it is not bcrypt's, or if the cost is above the limit.
///
/// `$2a$`, `$2b$` and `$2y$` name versions of implementations. Correct ones compute the same.
pub(crate) fn read_rounds(hash: &str) -> Option<(Rounds, &str)> {
    let (cost, rest) = ["$2a$", "$2b$", "$2y$"]
        .into_iter()
        .find_map(|version| hash.strip_prefix(version))?
        .split_once('$')?;
    let is_number = cost.len() == 2 && cost.bytes().all(|digit| digit.is_ascii_digit());
    let cost = cost.parse().ok().filter(|cost| is_number && COSTS.contains(cost))?;
    Some((Rounds(cost), rest))
}

/// Parses a hash. Returns `None` if it is not bcrypt's, or if the cost is above the limit.
pub(crate) fn read(hash: &str) -> Option<BcryptHash> {
    let (rounds, rest) = read_rounds(hash)?;
    let (salt, output) = rest.split_at_checked(SALT_CHARACTERS)?;
    let decode = |text| BASE64.decode(text).ok();
    let (salt, output) = (decode(salt)?.try_into().ok()?, decode(output)?.try_into().ok()?);
    Some(BcryptHash { rounds, salt, output })
}

/// Returns whether the password matches. The outputs are compared in constant time.
pub(crate) fn verify(password: &Password, stored: &BcryptHash) -> bool {
    let computed = compute(password, stored.rounds, stored.salt);
    let is_equal: bool = computed[..OUTPUT_BYTES].ct_eq(&stored.output).into();
    // bcrypt repeats the password with a NUL after it, so `a` and `a\0a` have the same hash. No program that refuses NUL,
    // as passlib does, ever hashed such a password.
    is_equal && !password.expose().contains('\0')
}

/// Does the work of a hash.
pub(crate) fn spend(password: &Password, rounds: Rounds) {
    std::hint::black_box(compute(password, rounds, [0; 16]));
}

fn compute(password: &Password, Rounds(cost): Rounds, salt: [u8; 16]) -> [u8; 24] {
    #[cfg(test)]
    crate::cost::tests::note(crate::cost::Cost::Bcrypt(Rounds(cost)));
    let password = password.expose().as_bytes();
    let mut key = Zeroizing::new([0; MAX_PASSWORD_BYTES]);
    let length = password.len().min(MAX_PASSWORD_BYTES);
    key[..length].copy_from_slice(&password[..length]);
    // A NUL ends the password if there is room for it.
    ::bcrypt::bcrypt(cost, salt, &key[..(length + 1).min(MAX_PASSWORD_BYTES)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verifies(password: &str, hash: &str) -> bool {
        let hash = read(hash).unwrap();
        verify(&Password::parse(password).unwrap(), &hash)
    }

    /// The hashes are test vectors of jBCrypt and of Openwall's crypt_blowfish.
    #[test]
    fn hashes_of_every_version_verify() {
        for (password, hash) in [
            ("", "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s."),
            ("a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"),
            ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
            ("U*U", "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
            ("U*U", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        ] {
            assert!(verifies(password, hash), "{hash}");
            assert!(!verifies(&format!("{password} "), hash), "{hash}");
        }
    }

    #[test]
    fn seventy_two_bytes_of_a_password_count_and_nul_never_matches() {
        let password = Password::parse(&"é".repeat(40)).unwrap();
        let output = compute(&password, Rounds(4), [7; 16]);
        let output = output[..OUTPUT_BYTES].try_into().unwrap();
        let hash = BcryptHash { rounds: Rounds(4), salt: [7; 16], output };
        for (same, matches) in [("é".repeat(36), true), ("é".repeat(35), false)] {
            assert_eq!(verify(&Password::parse(&same).unwrap(), &hash), matches);
        }
        let a = "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe";
        assert!(verifies("a", a) && !verifies("a\0a", a) && !verifies("a\0", a));
    }

    #[test]
    fn salt_with_unused_bits_is_the_same_salt() {
        let password = "U*U";
        assert!(verifies(password, "$2a$05$CCCCCCCCCCCCCCCCCCCCC/E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"));
    }

    #[test]
    fn malformed_hash_or_cost_outside_the_limits_is_refused() {
        let rest = "CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
        assert!(read(&format!("$2b$14${rest}")).is_some());
        for hash in [
            format!("$2b$15${rest}"),
            format!("$2b$31${rest}"),
            format!("$2b$03${rest}"),
            format!("$2b$5${rest}"),
            format!("$2b$+5${rest}"),
            format!("$2x$05${rest}"),
            format!("$2b$05${}", &rest[1..]),
            format!("$2b$05${rest}x"),
            format!("$2b$05$!{}", &rest[1..]),
            "$2b$12$".to_owned(),
            "$2b$".to_owned(),
        ] {
            assert!(read(&hash).is_none(), "{hash}");
        }
    }
}
