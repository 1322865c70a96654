use chrono::{DateTime, TimeDelta, Utc};
use secrecy::{ExposeSecret, SecretString};

/// Crockford's Base32: digits and upper-case letters without I, L, O and U, which are easily confused or misread.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const BITS_PER_SYMBOL: u32 = 5;

/// A one-time code with which a person chooses a new password: 160 random bits. Repositories store only a digest of it.
///
/// It is a text of 32 symbols, shown in groups of four that can be read aloud.
#[derive(Debug, Clone)]
pub struct PasswordCode(SecretString);

/// A code to be stored.
#[derive(Debug, Clone)]
pub struct NewPasswordCode {
    /// The code.
    pub code: PasswordCode,
    /// The time from which the code is refused.
    pub expires_at: DateTime<Utc>,
}

impl PasswordCode {
    /// How long a code can be used: the time of a phone call, and of a search for the right page (ASVS 5.0, 6.4.1).
    pub const LIFETIME: TimeDelta = TimeDelta::hours(1);
    /// The number of wrong codes after which an account's code is refused too.
    pub const MAX_TRIES: u32 = 10;

    const BYTES: usize = 20;
    const BYTES_PER_BLOCK: usize = 5;
    const SYMBOLS_PER_GROUP: usize = 4;

    /// Creates a code from random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; Self::BYTES]) -> Self {
        let mut text = String::with_capacity(Self::BYTES * 8 / BITS_PER_SYMBOL as usize);
        for block in bytes.chunks(Self::BYTES_PER_BLOCK) {
            let bits = block.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
            for shift in (0..u8::BITS * block.len() as u32).step_by(BITS_PER_SYMBOL as usize).rev()
            {
                let symbol = usize::try_from(bits >> shift & 0x1f).unwrap_or_default();
                text.push(char::from(ALPHABET[symbol]));
            }
        }
        Self(text.into())
    }

    /// Reads a code as a person types it. Ignores case, spaces and dashes, and reads O as 0, and I and L as 1. A text that
    /// no code has is read too, because it is treated like a wrong code.
    #[must_use]
    pub fn read(input: &str) -> Self {
        let symbols = input.chars().filter(|symbol| !symbol.is_whitespace() && !is_dash(*symbol));
        let symbols = symbols.map(|symbol| match symbol.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            symbol => symbol,
        });
        Self(symbols.collect::<String>().into())
    }

    /// Returns the symbols without separators, for the digest.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Returns the code in groups, for the person who hands it over.
    #[must_use]
    pub fn expose_grouped(&self) -> String {
        let mut text = String::new();
        for (position, symbol) in self.expose().chars().enumerate() {
            if position > 0 && position.is_multiple_of(Self::SYMBOLS_PER_GROUP) {
                text.push('-');
            }
            text.push(symbol);
        }
        text
    }
}

/// Returns whether the character is a hyphen or one of the dashes into which text processors turn hyphens.
fn is_dash(character: char) -> bool {
    matches!(character, '-' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn code_has_eight_groups_of_four_symbols() {
        let code = PasswordCode::from_random([0; 20]);
        assert_eq!(code.expose_grouped(), "0000-0000-0000-0000-0000-0000-0000-0000");
        let bytes = std::array::from_fn(|position| position as u8);
        let code = PasswordCode::from_random(bytes);
        assert_eq!(code.expose_grouped(), "000G-40R4-0M30-E209-185G-R38E-1W81-24GK");
        assert_eq!(PasswordCode::from_random([0xff; 20]).expose(), "Z".repeat(32));
        assert!(!format!("{code:?}").contains("40R4"));
    }

    #[test]
    fn similar_letters_and_separators_are_read_leniently() {
        let code = PasswordCode::read(" o0il-1LOI\u{2013}abcd efgh\t");
        assert_eq!(code.expose(), "00111101ABCDEFGH");
        for wrong in ["", "u", "🦀", "\0"] {
            let _ = PasswordCode::read(wrong);
        }
    }

    /// A spelling of a symbol that a person may type.
    fn spelled(symbol: char, choice: u8) -> String {
        let spelling = match (symbol, choice % 4) {
            ('0', 0) => 'O',
            ('0', 1) => 'o',
            ('1', 0) => 'I',
            ('1', 1) => 'l',
            (symbol, 2) => symbol.to_ascii_lowercase(),
            (symbol, _) => symbol,
        };
        let separator =
            ["", "", "-", " ", "\u{a0}", "\u{2011}", "\n", ""][usize::from(choice / 4 % 8)];
        format!("{spelling}{separator}")
    }

    proptest! {
        #[test]
        fn every_spelling_of_a_code_is_read_as_the_code(
            bytes: [u8; 20],
            choices in proptest::collection::vec(any::<u8>(), 32),
        ) {
            let code = PasswordCode::from_random(bytes);
            prop_assert_eq!(code.expose().len(), 32);
            prop_assert!(code.expose().bytes().all(|symbol| ALPHABET.contains(&symbol)));
            let grouped = code.expose_grouped();
            prop_assert_eq!(PasswordCode::read(&grouped).expose().to_owned(), code.expose().to_owned());
            let typed: String =
                code.expose().chars().zip(choices).map(|(symbol, choice)| spelled(symbol, choice)).collect();
            prop_assert_eq!(PasswordCode::read(&typed).expose().to_owned(), code.expose().to_owned());
        }

        #[test]
        fn different_bytes_make_different_codes(one: [u8; 20], other: [u8; 20]) {
            let (first, second) = (PasswordCode::from_random(one), PasswordCode::from_random(other));
            prop_assert_eq!(first.expose() == second.expose(), one == other);
        }

        #[test]
        fn any_text_is_read(text: String) {
            let read = PasswordCode::read(&text);
            prop_assert_eq!(PasswordCode::read(read.expose()).expose().to_owned(), read.expose().to_owned());
        }
    }
}
