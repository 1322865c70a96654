use chrono::Timelike;
use coach_core::ports::{Clock, random_bytes};
use coach_server::{OsRandom, SystemClock};

#[test]
fn clock_moves_in_whole_microseconds() {
    let first = SystemClock.now();
    assert_eq!(first.nanosecond() % 1000, 0);
    while SystemClock.now() == first {}
    assert!(SystemClock.now() > first);
}

/// ASVS 7.2.3, 11.5.1.
#[test]
fn random_bytes_differ_every_time() {
    let bytes: std::collections::HashSet<[u8; 16]> =
        (0..1000).map(|_| random_bytes(&OsRandom)).collect();
    assert_eq!(bytes.len(), 1000);
    assert!(bytes.iter().flatten().collect::<std::collections::HashSet<_>>().len() > 250);
}
