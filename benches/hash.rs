//! Hashing and verifying a password with the parameters of new hashes, through the adapter and its threads.

use std::num::NonZeroUsize;

use coach_argon2::{Argon2PasswordHasher, Argon2Settings};
use coach_core::{domain::Password, ports::PasswordHasher};
use criterion::{Criterion, criterion_group, criterion_main};
use tokio::runtime::Runtime;

fn argon2(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let settings = Argon2Settings::recommended(NonZeroUsize::MIN);
    let hasher = &Argon2PasswordHasher::start(settings).unwrap();
    let right = &Password::parse("TestPass123!").unwrap();
    let wrong = &Password::parse("TestPass123?").unwrap();
    let hash = &runtime.block_on(hasher.hash(right)).unwrap();
    let mut group = criterion.benchmark_group("argon2");
    // One hash takes about 20 ms.
    group.sample_size(20);
    group.bench_function("hash", |bencher| {
        bencher.to_async(&runtime).iter(|| hasher.hash(right));
    });
    for (name, password, hash) in [
        ("verify/right", right, Some(hash)),
        ("verify/wrong", wrong, Some(hash)),
        ("verify/unknown account", right, None),
    ] {
        group.bench_function(name, |bencher| {
            bencher.to_async(&runtime).iter(|| hasher.verify(password, hash, &[]));
        });
    }
    group.finish();
}

criterion_group!(benches, argon2);
criterion_main!(benches);
