//! The work of a hash, and the work that hides which hash an account has.

use std::collections::BTreeSet;

use argon2::{Algorithm, Argon2, Params, Version, password_hash::phc};
use coach_core::domain::PasswordScheme;

use crate::bcrypt;

/// Limit of memory times passes, in KiB. It takes about half a second of a core and admits both sets of parameters
/// that RFC 9106 recommends, except the 2 GiB of the first.
const MAX_MEMORY_PASSES: u64 = 1024 * 1024;
/// Many passes over few blocks cost more than `MAX_MEMORY_PASSES` says.
const MAX_PASSES: u32 = 1024;
/// Libraries use the number of cores. argon2-cffi had 8 lanes by default, and has 4.
const MAX_LANES: u32 = 64;

/// The algorithm of a hash and its parameters. Two hashes of one cost take the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cost {
    Argon2(Argon2Cost),
    Bcrypt(bcrypt::Rounds),
}

/// Memory is in KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Argon2Cost {
    pub(crate) algorithm: Algorithm,
    pub(crate) version: Version,
    pub(crate) memory: u32,
    pub(crate) passes: u32,
    pub(crate) lanes: u32,
}

impl Argon2Cost {
    /// Returns the cost of new hashes with these parameters.
    ///
    /// # Errors
    ///
    /// If Argon2 does not allow the parameters.
    pub(crate) fn new(memory: u32, passes: u32, lanes: u32) -> argon2::Result<Self> {
        let (algorithm, version) = (Algorithm::Argon2id, Version::V0x13);
        let cost = Self { algorithm, version, memory, passes, lanes };
        cost.argon2().map(|_| cost)
    }

    /// Returns the hash function.
    ///
    /// # Errors
    ///
    /// If Argon2 does not allow the parameters.
    pub(crate) fn argon2(self) -> argon2::Result<Argon2<'static>> {
        let params = Params::new(self.memory, self.passes, self.lanes, None)?;
        Ok(Argon2::new(self.algorithm, self.version, params))
    }

    /// Returns the cost of a hash in PHC format, or `None` if it is not valid or above the limits.
    pub(crate) fn of_phc(hash: &phc::PasswordHash) -> Option<Self> {
        let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
        // Hashes from before version 0x13 do not name a version.
        let version = hash.version.map_or(Ok(Version::V0x10), Version::try_from).ok()?;
        let params = Params::try_from(hash).ok()?;
        let is_plain = params.keyid().is_empty() && params.data().is_empty();
        let (memory, passes, lanes) = (params.m_cost(), params.t_cost(), params.p_cost());
        let is_affordable = u64::from(memory) * u64::from(passes) <= MAX_MEMORY_PASSES
            && passes <= MAX_PASSES
            && lanes <= MAX_LANES;
        let cost = Self { algorithm, version, memory, passes, lanes };
        (is_plain && is_affordable).then_some(cost)
    }

    fn memory_passes(self) -> u64 {
        u64::from(self.memory) * u64::from(self.passes)
    }
}

impl Cost {
    /// Returns the cost of every hash of a scheme, or `None` if such hashes are refused.
    fn of_scheme(scheme: &PasswordScheme) -> Option<Self> {
        let text = scheme.as_str();
        let bcrypt = bcrypt::read_rounds(text).map(|(rounds, _)| Self::Bcrypt(rounds));
        bcrypt.or_else(|| {
            let hash = phc::PasswordHash::new(text.strip_suffix('$')?).ok()?;
            Argon2Cost::of_phc(&hash).map(Self::Argon2)
        })
    }
}

/// Returns the hashes to compute after a wrong password was compared with a hash of the cost `own`, or with none.
///
/// Together with `own`, they are the same work for every account: one hash of each Argon2 cost, among them `new`, and
/// bcrypt's highest cost. bcrypt doubles its work with each cost, so a hash of cost 10 followed by others of cost 10 and
/// 11 is as much work as one of cost 12.
pub(crate) fn cover(new: Argon2Cost, own: Option<Cost>, schemes: &[PasswordScheme]) -> Vec<Cost> {
    let stored: BTreeSet<Cost> = schemes.iter().filter_map(Cost::of_scheme).chain(own).collect();
    let mut cover = argon2_cover(new, &stored);
    cover.retain(|cost| Some(*cost) != own);
    let rounds = |cost: &Cost| match cost {
        Cost::Bcrypt(rounds) => Some(*rounds),
        Cost::Argon2(_) => None,
    };
    match (own.as_ref().and_then(rounds), stored.iter().filter_map(rounds).max()) {
        (Some(own), Some(most)) => cover.extend(own.up_to(most).map(Cost::Bcrypt)),
        (None, Some(most)) => cover.push(Cost::Bcrypt(most)),
        (_, None) => {}
    }
    cover
}

/// Returns `new` and the stored Argon2 costs, cheapest first, as many as fit into the limit of a single hash. Otherwise
/// an attacker who can write many rows could multiply the work of every failed login.
fn argon2_cover(new: Argon2Cost, stored: &BTreeSet<Cost>) -> Vec<Cost> {
    let mut others: Vec<Argon2Cost> = stored
        .iter()
        .filter_map(|cost| match cost {
            Cost::Argon2(cost) => Some(*cost),
            Cost::Bcrypt(_) => None,
        })
        .filter(|cost| *cost != new)
        .collect();
    others.sort_by_key(|cost| cost.memory_passes());
    let mut left = MAX_MEMORY_PASSES;
    let affordable = others.iter().take_while(|cost| {
        let fits = cost.memory_passes() <= left;
        left = left.saturating_sub(cost.memory_passes());
        fits
    });
    let affordable: Vec<Cost> = affordable.copied().map(Cost::Argon2).collect();
    if affordable.len() < others.len() {
        let schemes = others.len();
        tracing::warn!(
            schemes,
            "too many schemes of password hashes: the time of a login may reveal an account"
        );
    }
    [Cost::Argon2(new)].into_iter().chain(affordable).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::RefCell;

    use coach_core::domain::{Password, PasswordHash};

    use super::*;
    use crate::{
        hash::Memory,
        stored::{Comparison, StoredHash},
    };

    thread_local! {
        static COMPUTED: RefCell<Vec<Cost>> = const { RefCell::new(Vec::new()) };
    }

    /// Notes a hash that this thread computes.
    pub(crate) fn note(cost: Cost) {
        COMPUTED.with_borrow_mut(|computed| computed.push(cost));
    }

    const SALT_AND_OUTPUT: &str = "c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    const BCRYPT: &str = "CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

    fn new() -> Argon2Cost {
        Argon2Cost::new(16, 2, 1).unwrap()
    }

    fn hash(scheme: &str) -> PasswordHash {
        let rest = if scheme.starts_with("$2") { BCRYPT } else { SALT_AND_OUTPUT };
        PasswordHash::new(format!("{scheme}{rest}"))
    }

    /// Compares a wrong password. Returns the Argon2 hashes that were computed, in order of cost, and the number of
    /// rounds of bcrypt.
    fn work(stored: Option<&str>, schemes: &[&str]) -> (Vec<Argon2Cost>, u64) {
        let stored = stored.and_then(|scheme| StoredHash::read(&hash(scheme)));
        let schemes: Vec<_> = schemes.iter().map(|text| hash(text).scheme().unwrap()).collect();
        let cover = cover(new(), stored.as_ref().map(StoredHash::cost), &schemes);
        let password = Password::parse("wrong").unwrap();
        COMPUTED.take();
        let comparison = Comparison { password, stored, new: new(), cover };
        let verdict = comparison.run(&mut Memory::default()).unwrap();
        assert_eq!(verdict, coach_core::ports::Verdict::Wrong);
        let (mut argon2, mut rounds) = (Vec::new(), 0);
        for cost in COMPUTED.take() {
            match cost {
                Cost::Argon2(cost) => argon2.push(cost),
                Cost::Bcrypt(cost) => rounds += cost.count(),
            }
        }
        argon2.sort_unstable();
        (argon2, rounds)
    }

    const NEW: &str = "$argon2id$v=19$m=16,t=2,p=1$";

    #[test]
    fn without_outdated_hashes_a_wrong_password_costs_one_new_hash() {
        for schemes in [&[][..], &[NEW]] {
            for stored in [None, Some(NEW), Some("$6$"), Some("$2b$31$")] {
                assert_eq!(work(stored, schemes), (vec![new()], 0), "{stored:?} {schemes:?}");
            }
        }
    }

    #[test]
    fn wrong_password_costs_the_same_for_every_scheme_and_without_an_account() {
        let schemes = [
            "$2a$04$",
            "$2b$06$",
            "$2y$05$",
            "$argon2i$v=19$m=16,t=2,p=1$",
            "$argon2id$m=16,t=2,p=1$",
            "$argon2id$v=19$m=64,t=1,p=4$",
            NEW,
            "$argon2id$v=19$m=4194304,t=9,p=1$",
            "$2b$31$",
            "$6$",
        ];
        let unknown = work(None, &schemes);
        assert_eq!((unknown.0.len(), unknown.1), (4, 1 << 6));
        for stored in schemes {
            assert_eq!(work(Some(stored), &schemes), unknown, "{stored}");
        }
    }

    #[test]
    fn scheme_that_is_missing_in_the_list_is_added() {
        assert_eq!(work(Some("$2b$05$"), &["$2b$04$"]), (vec![new()], 1 << 5));
        assert_eq!(work(Some("$argon2id$v=19$m=32,t=1,p=1$"), &[]).0.len(), 2);
    }

    #[test]
    fn work_of_many_schemes_is_limited_to_that_of_the_most_expensive_hash() {
        let schemes = (1..=32).map(|lanes| format!("$argon2id$v=19$m=1048576,t=1,p={lanes}$"));
        let schemes: Vec<_> = schemes.map(|scheme| hash(&scheme).scheme().unwrap()).collect();
        let cover = cover(new(), None, &schemes);
        assert_eq!(cover.len(), 2, "{cover:?}");
    }

    #[test]
    fn right_password_costs_only_its_own_hash() {
        let stored = PasswordHash::new(format!("$2y$05${BCRYPT}"));
        let stored = StoredHash::read(&stored);
        let cover = cover(new(), stored.as_ref().map(StoredHash::cost), &[]);
        let password = Password::parse("U*U").unwrap();
        COMPUTED.take();
        let verdict =
            Comparison { password, stored, new: new(), cover }.run(&mut Memory::default()).unwrap();
        assert_eq!(verdict, coach_core::ports::Verdict::RightButOutdated);
        assert_eq!(COMPUTED.take().len(), 1);
    }
}
