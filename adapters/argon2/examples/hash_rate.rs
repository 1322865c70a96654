//! Prints how many passwords per second the hasher verifies, with one thread per core. See docs/performance.md.
//!
//! Usage: `hash_rate [HASHES]`

use std::{num::NonZeroUsize, time::Instant};

use coach_argon2::{Argon2PasswordHasher, Argon2Settings};
use coach_core::{
    domain::Password,
    ports::{PasswordHasher, Verdict},
};

/// Passwords that are queued together, which keeps every thread busy.
const BATCH: u32 = 30;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let batches = std::env::args().nth(1).map_or(Ok(600), |hashes| hashes.parse::<u32>())? / BATCH;
    let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let hasher = Argon2PasswordHasher::start(Argon2Settings::recommended(threads))?;
    let password = Password::parse("TestPass123!")?;
    let hash = hasher.hash(&password).await?;
    let started = Instant::now();
    for _ in 0..batches {
        let batch = (0..BATCH).map(|_| hasher.verify(&password, Some(&hash), &[]));
        for verified in futures_util::future::join_all(batch).await {
            assert_eq!(verified?, Verdict::Right);
        }
    }
    let rate = f64::from(batches * BATCH) / started.elapsed().as_secs_f64();
    #[allow(clippy::print_stdout, reason = "the output of the example")]
    {
        println!("{rate:.1}");
    }
    Ok(())
}
