//! The binary. Everything is in the library.

use std::process::ExitCode;

/// See decision 6.
#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    coach_server::run()
}
