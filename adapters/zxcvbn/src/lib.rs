#![doc = include_str!("../README.md")]

use std::{num::NonZeroUsize, sync::Arc};

use async_trait::async_trait;
use coach_core::{
    domain::{NewPassword, WeakPassword},
    ports::{PasswordStrength, PasswordStrengthError},
};
use tokio::sync::Semaphore;
use zxcvbn::{Score, feedback::Feedback, zxcvbn};

/// Words that attackers of this service try first (ASVS 5.0, 6.1.2).
const OWN_WORDS: [&str; 3] = ["pminterviewcoach", "pm interview coach", "interview"];

/// Estimates with zxcvbn how easy passwords are to guess.
pub struct ZxcvbnPasswordStrength {
    min_score: Score,
    running: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
}

/// The lowest accepted score of zxcvbn, from 0 (too guessable) to 4 (very unguessable).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MinScore(Score);

impl MinScore {
    /// Returns the score with this number, or `None` above 4.
    #[must_use]
    pub fn new(score: u8) -> Option<Self> {
        let scores = [Score::Zero, Score::One, Score::Two, Score::Three, Score::Four];
        scores.get(usize::from(score)).copied().map(Self)
    }
}

impl ZxcvbnPasswordStrength {
    /// Creates an adapter that refuses passwords with a score below `min_score`. At most `threads` estimates run at the
    /// same time, and `queue` more may wait.
    #[must_use]
    pub fn new(min_score: MinScore, threads: NonZeroUsize, queue: usize) -> Self {
        Self {
            min_score: min_score.0,
            running: Arc::new(Semaphore::new(threads.get())),
            admitted: Arc::new(Semaphore::new(threads.get() + queue)),
        }
    }
}

#[async_trait]
impl PasswordStrength for ZxcvbnPasswordStrength {
    async fn check(
        &self,
        password: &NewPassword,
        personal: Vec<String>,
    ) -> Result<(), PasswordStrengthError> {
        let busy = |_| PasswordStrengthError::Busy;
        let _admitted = self.admitted.try_acquire().map_err(busy)?;
        let running = self.running.clone().acquire_owned().await;
        let (password, min_score) = (password.clone(), self.min_score);
        tokio::task::spawn_blocking(move || {
            // The permit belongs to the work, because the caller may be cancelled while it runs.
            let _running = running;
            judge(password.as_ref().expose(), &personal, min_score)
        })
        .await
        .map_err(|_| PasswordStrengthError::Busy)?
        .map_err(PasswordStrengthError::Weak)
    }
}

fn judge(password: &str, personal: &[String], min_score: Score) -> Result<(), WeakPassword> {
    let words: Vec<&str> = personal
        .iter()
        .flat_map(|text| {
            let words = text.split(|character: char| !character.is_alphanumeric());
            // The whole text, both sides of an email address, and every word.
            std::iter::once(text.as_str()).chain(text.split('@')).chain(words)
        })
        .filter(|word| !word.is_empty())
        .chain(OWN_WORDS)
        .collect();
    let estimate = zxcvbn(password, &words);
    if estimate.score() < min_score {
        return Err(WeakPassword { advice: advice(estimate.feedback()) });
    }
    Ok(())
}

fn advice(feedback: Option<&Feedback>) -> String {
    let sentences: Vec<String> = feedback
        .into_iter()
        .flat_map(|feedback| {
            let warning = feedback.warning().map(|warning| warning.to_string());
            let suggestions = feedback.suggestions().iter().map(ToString::to_string);
            warning.into_iter().chain(suggestions)
        })
        .map(|sentence| format!("{}.", sentence.trim_end_matches('.')))
        .collect();
    if sentences.is_empty() {
        return "Add another word or two. Uncommon words are better.".to_owned();
    }
    sentences.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strength(min_score: u8, queue: usize) -> ZxcvbnPasswordStrength {
        ZxcvbnPasswordStrength::new(MinScore::new(min_score).unwrap(), NonZeroUsize::MIN, queue)
    }

    async fn check(password: &str, personal: &[&str]) -> Result<(), String> {
        let password = NewPassword::parse(password).unwrap();
        let personal = personal.iter().map(ToString::to_string).collect();
        match strength(2, 1).check(&password, personal).await {
            Ok(()) => Ok(()),
            Err(PasswordStrengthError::Weak(weak)) => Err(weak.advice),
            Err(PasswordStrengthError::Busy) => panic!("busy"),
        }
    }

    #[tokio::test]
    async fn password_of_the_documented_example_is_accepted() {
        assert_eq!(check("TestPass123!", &["test@example.com", "Test User"]).await, Ok(()));
    }

    #[tokio::test]
    async fn a_phrase_of_lower_case_letters_and_spaces_is_accepted() {
        assert_eq!(check("violet anchors hum", &[]).await, Ok(()));
    }

    #[tokio::test]
    async fn common_passwords_and_words_of_the_user_or_the_service_are_refused() {
        for password in [
            "password",
            "password1",
            "iloveyou",
            "qwertyuiop",
            "12345678",
            "aaaaaaaaaaaa",
            "abcdefgh",
            "pminterviewcoach",
            "pminterviewcoach1",
            "zygmunt@example.org",
            "zygmuntzygmunt",
            "margarete.hofstetter",
            "Featherstone1",
        ] {
            let refusal = check(
                password,
                &["zygmunt@example.org", "margarete.hofstetter@example.org", "Jo Featherstone"],
            )
            .await;
            assert!(refusal.is_err(), "{password}");
        }
    }

    #[tokio::test]
    async fn refusal_gives_the_reason_and_advice() {
        let advice = check("password", &[]).await.unwrap_err();
        assert!(advice.starts_with("This is a top-10 common password. "), "{advice}");
        assert!(advice.ends_with('.') && !advice.contains(".."), "{advice}");
    }

    #[tokio::test]
    async fn minimum_score_is_a_setting_from_0_to_4() {
        let password = NewPassword::parse("password").unwrap();
        assert!(strength(0, 1).check(&password, Vec::new()).await.is_ok());
        assert!(strength(4, 1).check(&password, Vec::new()).await.is_err());
        assert_eq!(MinScore::new(5), None);
    }

    #[tokio::test]
    async fn estimate_beyond_the_queue_is_refused_as_busy() {
        let strength = strength(2, 0);
        let occupying = strength.admitted.try_acquire().unwrap();
        let password = NewPassword::parse("TestPass123!").unwrap();
        let refusal = strength.check(&password, Vec::new()).await;
        assert!(matches!(refusal, Err(PasswordStrengthError::Busy)));
        drop(occupying);
        assert!(strength.check(&password, Vec::new()).await.is_ok());
    }
}
