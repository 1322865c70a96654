use chrono::Timelike;
use coach_core::ports::{Clock, random_bytes};
use coach_server::{OsRandom, SystemClock};

#[test]
fn the_clock_has_no_more_than_microseconds_and_does_not_stand_still() {
    let first = SystemClock.now();
    assert_eq!(first.nanosecond() % 1000, 0);
    while SystemClock.now() == first {}
    assert!(SystemClock.now() > first);
}

#[test]
fn random_bytes_differ_each_time() {
    let bytes: std::collections::HashSet<[u8; 16]> =
        (0..1000).map(|_| random_bytes(&OsRandom)).collect();
    assert_eq!(bytes.len(), 1000);
    assert!(bytes.iter().flatten().collect::<std::collections::HashSet<_>>().len() > 250);
}
