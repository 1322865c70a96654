use super::Operator;
use crate::{
    domain::{AuthEvent, UserId},
    ports::RepositoryError,
};

impl Operator {
    /// Ends every session of an account. Returns the number of ended sessions, including expired ones that were not yet
    /// removed.
    ///
    /// # Errors
    ///
    /// [`RepositoryError`] if sessions may still be live.
    pub async fn sign_out(&self, user_id: UserId) -> Result<usize, RepositoryError> {
        let count = self.ports.sessions.end_all(user_id).await?;
        if count > 0 {
            self.record(AuthEvent::SignedOut { user_id, count });
        }
        Ok(count)
    }
}
