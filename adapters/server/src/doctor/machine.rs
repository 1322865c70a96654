use std::{
    fs,
    num::NonZeroUsize,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use coach_argon2::{Argon2PasswordHasher, Argon2Settings};
use coach_core::{
    domain::Password,
    ports::{Clock, PasswordHasher},
};

use super::Finding;
use crate::{SystemClock, http::allowed_connections};

/// A session that is stamped further in the future is refused.
const TOLERANCE: TimeDelta = TimeDelta::minutes(1);
/// A difference that is still harmless, but grows.
const NOTICEABLE: TimeDelta = TimeDelta::seconds(5);
/// Shorter, a thief of the hashes guesses fast; longer, people wait and few can sign in at once.
const HASH_TIME: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(5)..=Duration::from_millis(500);

/// Compares the clock with the database server's, and with the newest stored time.
pub(super) fn clock(server_time: Option<DateTime<Utc>>, newest: Option<DateTime<Utc>>) -> Finding {
    judge_clock(SystemClock.now(), server_time, newest)
}

fn judge_clock(
    now: DateTime<Utc>,
    server_time: Option<DateTime<Utc>>,
    newest: Option<DateTime<Utc>>,
) -> Finding {
    const CHECK: &str = "clock";
    const ADVICE: &str = "Set the clock, and keep it right with NTP.";
    let shown = now.format("%Y-%m-%d %H:%M:%S UTC");
    if Utc.with_ymd_and_hms(2025, 1, 1, 0, 0, 0).single().is_some_and(|earliest| now < earliest) {
        return Finding::problem(
            CHECK,
            format!("The clock shows {shown}, before this program was made."),
            ADVICE,
        );
    }
    if let Some(server) = server_time {
        let difference = (now - server).abs();
        let seconds = difference.num_seconds();
        if difference > NOTICEABLE {
            let found = format!("This clock and the database server's differ by {seconds} s.");
            return if difference > TOLERANCE {
                Finding::problem(CHECK, format!("{found} Sessions would be refused."), ADVICE)
            } else {
                Finding::warning(CHECK, found, ADVICE)
            };
        }
    }
    if let Some(newest) = newest.filter(|newest| *newest > now + TOLERANCE) {
        let found = format!(
            "The clock shows {shown}, but the database has a session or account of {}.",
            newest.format("%Y-%m-%d %H:%M:%S")
        );
        return Finding::problem(CHECK, found, ADVICE);
    }
    Finding::ok(CHECK, format!("The clock shows {shown}."))
}

pub(super) fn file_limit(wanted: usize) -> Finding {
    const CHECK: &str = "file limit";
    let allowed = allowed_connections(wanted);
    if allowed < wanted {
        let found =
            format!("MAX_CONNECTIONS is {wanted}, but the limit of open files allows {allowed}.");
        return Finding::warning(
            CHECK,
            found,
            "Raise it with `ulimit -Hn`, or LimitNOFILE= in systemd.",
        );
    }
    Finding::ok(CHECK, format!("Open files suffice for {wanted} connections."))
}

/// Measures the hash of one password with the parameters of the server.
pub(super) async fn hash_time() -> Finding {
    const CHECK: &str = "hash time";
    let failed = |error: &dyn std::fmt::Display| {
        let advice = "Free memory, or give the server more.";
        Finding::problem(CHECK, format!("A password cannot be hashed: {error}."), advice)
    };
    let hasher = match Argon2PasswordHasher::start(Argon2Settings::recommended(NonZeroUsize::MIN)) {
        Ok(hasher) => hasher,
        Err(error) => return failed(&error),
    };
    let Ok(password) = Password::parse("a password to measure") else {
        return failed(&"the sample is refused");
    };
    // The first hash also allocates the memory.
    if let Err(error) = hasher.hash(&password).await {
        return failed(&error);
    }
    let begun = Instant::now();
    if let Err(error) = hasher.hash(&password).await {
        return failed(&error);
    }
    judge_hash_time(begun.elapsed())
}

fn judge_hash_time(time: Duration) -> Finding {
    const CHECK: &str = "hash time";
    let found = format!("Hashing a password takes {} ms.", time.as_millis());
    if time > *HASH_TIME.end() {
        let advice =
            "Sign-ins will be slow. Run this again when the machine is idle, or use a faster one.";
        return Finding::warning(CHECK, found, advice);
    }
    if time < *HASH_TIME.start() {
        let advice = "The parameters may be too cheap for this machine. Please report it.";
        return Finding::warning(CHECK, found, advice);
    }
    Finding::ok(CHECK, found)
}

/// Compares the memory of the hash threads with what is available.
pub(super) fn memory(threads: NonZeroUsize) -> Finding {
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let of_group = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        .iter()
        .find_map(|file| fs::read_to_string(file).ok()?.trim().parse::<u64>().ok());
    judge_memory(threads, available(&meminfo).into_iter().chain(of_group).min())
}

fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

fn judge_memory(threads: NonZeroUsize, available: Option<u64>) -> Finding {
    const CHECK: &str = "memory";
    const MIB: u64 = 1024 * 1024;
    let kib = u64::from(Argon2Settings::recommended(threads).memory);
    let needed = kib * 1024 * u64::try_from(threads.get()).unwrap_or(u64::MAX);
    let found = format!("{threads} hash threads need {} MiB.", needed / MIB);
    let Some(available) = available else { return Finding::ok(CHECK, found) };
    let found = format!("{found} {} MiB are available.", available / MIB);
    let advice = "Lower HASH_THREADS, or give the server more memory.";
    if needed > available {
        Finding::problem(CHECK, found, advice)
    } else if needed > available / 2 {
        Finding::warning(CHECK, found, advice)
    } else {
        Finding::ok(CHECK, found)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::State, *};

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn wrong_clock_is_a_problem() {
        let now = at("2026-02-13T12:00:00Z");
        let seconds = |seconds| Some(now + TimeDelta::seconds(seconds));
        assert_eq!(judge_clock(now, None, None).state, State::Ok);
        assert_eq!(judge_clock(at("2024-12-31T23:59:59Z"), None, None).state, State::Problem);
        for (difference, state) in [
            (0, State::Ok),
            (-5, State::Ok),
            (6, State::Warning),
            (-60, State::Warning),
            (61, State::Problem),
        ] {
            assert_eq!(judge_clock(now, seconds(difference), None).state, state, "{difference}");
        }
        assert_eq!(judge_clock(now, None, seconds(60)).state, State::Ok);
        assert_eq!(judge_clock(now, None, seconds(61)).state, State::Problem);
    }

    #[test]
    fn slow_hashes_and_scarce_memory_are_reported() {
        for (milliseconds, state) in [(4, State::Warning), (20, State::Ok), (501, State::Warning)] {
            assert_eq!(judge_hash_time(Duration::from_millis(milliseconds)).state, state);
        }
        let threads = NonZeroUsize::new(2).unwrap();
        let needed = 2 * 19_456 * 1024;
        for (available, state) in [
            (None, State::Ok),
            (Some(needed * 2), State::Ok),
            (Some(needed * 2 - 2), State::Warning),
            (Some(needed - 1), State::Problem),
        ] {
            assert_eq!(judge_memory(threads, available).state, state, "{available:?}");
        }
        assert_eq!(available("MemTotal: 9 kB\nMemAvailable:   2048 kB\n"), Some(2 * 1024 * 1024));
        assert_eq!(available(""), None);
    }
}
