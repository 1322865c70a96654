use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::workers::Workers;

/// Open files that are not connections of clients: the database, the listener, the runtime and standard streams.
const RESERVED: u64 = 128;
/// Open files of the runtime of each worker.
const RESERVED_PER_WORKER: u64 = 4;

/// Returns `wanted`, or the number of connections that the maximum of open files allows.
pub(crate) fn allowed_connections(wanted: usize) -> usize {
    within(wanted, getrlimit(Resource::Nofile).maximum)
}

/// With a tiny limit, half of the files are for connections.
fn within(wanted: usize, files: Option<u64>) -> usize {
    let of_workers = RESERVED_PER_WORKER * Workers::count() as u64;
    let room = files.map_or(u64::MAX, |files| {
        let files = files.saturating_sub(of_workers);
        files.saturating_sub(RESERVED).max(files / 2)
    });
    wanted.min(usize::try_from(room).unwrap_or(usize::MAX))
}

/// Raises the limit of open files to the maximum that the process may set. Returns `wanted`, or the number of connections
/// that the limit allows.
pub(crate) fn max_connections(wanted: usize) -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    let max = within(wanted, if raised.is_ok() { maximum } else { current });
    if max < wanted {
        tracing::warn!(
            "MAX_CONNECTIONS is {wanted}, but the limit of open files allows {max}; raise it with `ulimit -Hn`"
        );
    }
    max
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_room_for_the_runtimes_and_the_database() {
        let of_workers = RESERVED_PER_WORKER * Workers::count() as u64;
        for (files, expected) in [(0, 0), (100, 50), (256, 128), (1024, 896), (20_000, 10_000)] {
            assert_eq!(within(10_000, Some(files + of_workers)), expected, "{files}");
        }
        assert_eq!(within(10_000, Some(of_workers / 2)), 0);
        assert_eq!(within(10_000, None), 10_000);
    }
}
