use crate::domain::{PracticeFilter, PracticePosition, UserId};

/// Issues and verifies cursors, the opaque texts with which a client asks for the next page of its practice sessions. A
/// cursor belongs to one account and one filter.
#[cfg_attr(any(test, feature = "mocks"), mockall::automock)]
pub trait PracticeCursors: Send + Sync {
    /// Issues the cursor of a position. It MUST consist of letters, digits, `-` and `_`, so that it can be part of a URL. It
    /// MUST be infeasible to create one without the key.
    fn issue(&self, user_id: UserId, filter: &PracticeFilter, after: PracticePosition) -> String;

    /// Returns whether a text has the form of a cursor. It MUST return `true` for every cursor that
    /// [`verify`](Self::verify) accepts, and MUST NOT panic on any input.
    fn is_well_formed(&self, cursor: &str) -> bool;

    /// Returns the position of a cursor that [`issue`](Self::issue) created for the same account and filter, with the current
    /// key or a previous key that is still accepted. It MUST return `None` for any other text, and MUST NOT panic on any
    /// input.
    fn verify(
        &self,
        user_id: UserId,
        filter: &PracticeFilter,
        cursor: &str,
    ) -> Option<PracticePosition>;
}
