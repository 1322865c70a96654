/// Generates random bytes.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait RandomSource: Send + Sync {
    /// Fills `buffer`. The bytes MUST come from a cryptographically secure generator that the operating system seeds.
    fn fill(&self, buffer: &mut [u8]);
}

/// Returns `N` random bytes.
pub fn random_bytes<const N: usize>(source: &dyn RandomSource) -> [u8; N] {
    let mut bytes = [0; N];
    source.fill(&mut bytes);
    bytes
}
