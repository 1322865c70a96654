use std::fs;

use rustix::process::{Resource, getrlimit};

/// Figures of this process. Only Linux has the first two.
pub(super) struct Process {
    /// Resident memory, in bytes.
    pub(super) memory: Option<f64>,
    pub(super) open_files: Option<f64>,
    pub(super) max_files: Option<f64>,
}

impl Process {
    pub(super) fn read() -> Self {
        let status = fs::read_to_string("/proc/self/status").ok();
        let files = fs::read_dir("/proc/self/fd").ok();
        Self {
            memory: status.as_deref().and_then(resident),
            open_files: files.map(|files| files.count() as f64),
            max_files: getrlimit(Resource::Nofile).current.map(|limit| limit as f64),
        }
    }
}

/// Returns the resident memory in `/proc/self/status` (`man 5 proc`), in bytes.
fn resident(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_read_in_bytes() {
        assert_eq!(resident("Name:\tx\nVmRSS:\t   2048 kB\nThreads:\t1\n"), Some(2_097_152.0));
        assert_eq!(resident("Name:\tx\n"), None);
    }
}
