#![doc = include_str!("../README.md")]

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use async_trait::async_trait;
use coach_core::{
    domain::{NewPassword, WeakPassword},
    ports::{PasswordStrength, PasswordStrengthError},
};
use tokio::{sync::Semaphore, time::timeout};
use zxcvbn::{Score, feedback::Feedback, zxcvbn};

/// Words that attackers of this service try first (ASVS 5.0, 6.1.2).
const OWN_WORDS: [&str; 3] = ["pminterviewcoach", "pm interview coach", "interview"];

/// Number of characters that are judged. The time grows with the square of the length. What follows cannot make a
/// password easier to guess.
const JUDGED_CHARACTERS: usize = 64;
/// Characters that zxcvbn takes for letters, such as `4` for `a`. It tries every combination of those that occur.
const SUBSTITUTES: &str = "4@8({[<3691!|70$5+%2";
/// Number of different substitutes above which only [`CRAFTED_CHARACTERS`] are judged. A crafted password of 100
/// characters with all of them takes more than a second.
const MAX_SUBSTITUTES: usize = 6;
const CRAFTED_CHARACTERS: usize = 18;
/// The time of the most expensive estimate.
const LONGEST_ESTIMATE: Duration = Duration::from_millis(50);
/// How long an estimate may wait for others. The default queue is empty sooner, even on one core.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// Estimates with zxcvbn how easy passwords are to guess.
pub struct ZxcvbnPasswordStrength {
    min_score: Score,
    threads: NonZeroUsize,
    queue: usize,
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
            threads,
            queue,
            running: Arc::new(Semaphore::new(threads.get())),
            admitted: Arc::new(Semaphore::new(threads.get().saturating_add(queue))),
        }
    }

    /// Returns the refusal of an estimate while `ahead` others run or wait.
    fn busy(&self, ahead: usize) -> PasswordStrengthError {
        let rounds = u32::try_from(ahead.div_ceil(self.threads.get())).unwrap_or(u32::MAX);
        PasswordStrengthError::Busy { retry_after: LONGEST_ESTIMATE.saturating_mul(rounds) }
    }
}

#[async_trait]
impl PasswordStrength for ZxcvbnPasswordStrength {
    async fn check(
        &self,
        password: &NewPassword,
        personal: Vec<String>,
    ) -> Result<(), PasswordStrengthError> {
        let all = self.threads.get().saturating_add(self.queue);
        let _admitted = self.admitted.try_acquire().map_err(|_| self.busy(all))?;
        let ahead = || all - self.admitted.available_permits().min(all);
        let running = timeout(MAX_WAIT, self.running.clone().acquire_owned()).await;
        let running = running.map_err(|_| self.busy(ahead()))?;
        let (password, min_score) = (password.clone(), self.min_score);
        tokio::task::spawn_blocking(move || {
            // The permit belongs to the work, because the caller may be cancelled while it runs.
            let _running = running;
            judge(password.as_ref().expose(), &personal, min_score)
        })
        .await
        .map_err(|_| self.busy(ahead()))?
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
    let estimate = zxcvbn(judged_part(password), &words);
    if estimate.score() < min_score {
        return Err(WeakPassword { advice: advice(estimate.feedback()) });
    }
    Ok(())
}

/// Returns the start of a password that zxcvbn can judge within [`LONGEST_ESTIMATE`].
fn judged_part(password: &str) -> &str {
    let start = first(JUDGED_CHARACTERS, password);
    let substitutes = SUBSTITUTES.chars().filter(|substitute| start.contains(*substitute));
    if substitutes.count() > MAX_SUBSTITUTES { first(CRAFTED_CHARACTERS, start) } else { start }
}

fn first(characters: usize, text: &str) -> &str {
    text.char_indices().nth(characters).map_or(text, |(end, _)| &text[..end])
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
            Err(PasswordStrengthError::Busy { .. }) => panic!("busy"),
        }
    }

    #[tokio::test]
    async fn password_of_the_documented_example_is_accepted() {
        assert_eq!(check("TestPass123!", &["test@example.com", "Test User"]).await, Ok(()));
    }

    /// ASVS 6.2.5.
    #[tokio::test]
    async fn a_phrase_of_lower_case_letters_and_spaces_is_accepted() {
        assert_eq!(check("violet anchors hum", &[]).await, Ok(()));
    }

    /// ASVS 6.1.2, 6.2.11.
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
    async fn long_phrase_is_accepted_and_repetition_is_not() {
        let phrase = "seven violet anchors hum beneath an unlit harbour wall ".repeat(18);
        assert_eq!(check(&phrase, &[]).await, Ok(()));
        for weak in ["password".repeat(20), "ab".repeat(500), "é1".repeat(300)] {
            assert!(check(&weak, &[]).await.is_err(), "{weak}");
        }
    }

    #[test]
    fn crafted_password_is_judged_by_its_start() {
        let plain = "é".repeat(100);
        assert_eq!(judged_part(&plain), "é".repeat(64));
        let six = format!("{}é", "4@8({[".repeat(20));
        assert_eq!(judged_part(&six).len(), 64);
        let seven = format!("{plain}{}", "4@8({[<".repeat(20));
        assert_eq!(judged_part(&seven), "é".repeat(64));
        let seven = "4@8({[<".repeat(20);
        assert_eq!(judged_part(&seven), &seven[..18]);
        assert_eq!(judged_part("TestPass123!"), "TestPass123!");
    }

    #[tokio::test]
    async fn random_password_with_many_substitutes_is_accepted() {
        assert_eq!(check("k$7Q!w0z[Rt(5v@J1m+8{x%3|Hb6<9Ld2", &[]).await, Ok(()));
    }

    #[tokio::test]
    async fn estimate_beyond_the_queue_is_refused_as_busy() {
        let strength = strength(2, 0);
        let occupying = strength.admitted.try_acquire().unwrap();
        let password = NewPassword::parse("TestPass123!").unwrap();
        let refusal = strength.check(&password, Vec::new()).await;
        let Err(PasswordStrengthError::Busy { retry_after }) = refusal else { panic!("admitted") };
        assert_eq!(retry_after, LONGEST_ESTIMATE);
        drop(occupying);
        assert!(strength.check(&password, Vec::new()).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn estimate_that_waits_too_long_is_refused_as_busy() {
        let strength = strength(2, 3);
        let occupying = strength.running.try_acquire().unwrap();
        let password = NewPassword::parse("TestPass123!").unwrap();
        let started = tokio::time::Instant::now();
        let refusal = strength.check(&password, Vec::new()).await;
        assert!(matches!(refusal, Err(PasswordStrengthError::Busy { .. })));
        assert_eq!(started.elapsed(), MAX_WAIT);
        drop(occupying);
        assert!(strength.check(&password, Vec::new()).await.is_ok());
    }
}
