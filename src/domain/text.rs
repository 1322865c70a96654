use std::{borrow::Cow, mem};

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{
        BidiControl, DefaultIgnorableCodePoint, EmojiModifier, ExtendedPictographic,
        GeneralCategory, IndicSyllabicCategory, JoinControl, JoiningType,
    },
};

/// Converts to Unicode Normalization Form C (UAX #15), which has one encoding for canonically equivalent texts.
pub(super) fn nfc(text: &str) -> Cow<'_, str> {
    const NFC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfc();
    NFC.normalize(text)
}

/// Returns whether the character is invisible or changes how the surrounding text is displayed: whitespace, control,
/// format, bidirectional-control and default-ignorable characters, and blank symbols. Two addresses that differ only in
/// such a character would look the same.
pub(super) fn is_invisible(character: char) -> bool {
    const BRAILLE_PATTERN_BLANK: char = '\u{2800}';
    if character.is_ascii() {
        return character.is_ascii_control() || character == ' ';
    }
    matches!(
        CodePointMapData::<GeneralCategory>::new().get(character),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
            | GeneralCategory::PrivateUse
            | GeneralCategory::SpaceSeparator
            | GeneralCategory::Unassigned
    ) || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
        || CodePointSetData::new::<BidiControl>().contains(character)
        || character == BRAILLE_PATTERN_BLANK
}

/// Returns the characters of a text without the invisible ones. Keeps spaces.
pub(super) fn visible(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|character| *character == ' ' || !is_invisible(*character))
}

/// Decides which characters of a text are shown, in order.
///
/// Invisible characters are not. They hide differences between texts, and bidirectional controls reorder the text around
/// them (RFC 8264, section 4.3; Unicode TR36, section 2). Two kinds are part of how people write, so they are kept
/// directly after a character that they change, one of each:
///
/// - joiners, in scripts that join letters and in emoji (RFC 5892, appendices A.1 and A.2; UTS #51, section 2.2)
/// - variation selectors, in emoji and in Japanese names (UTS #37)
#[derive(Default)]
struct Visibility {
    takes_joiner: bool,
    takes_selector: bool,
}

impl Visibility {
    fn shows(&mut self, character: char) -> bool {
        if CodePointSetData::new::<JoinControl>().contains(character) {
            return mem::take(self).takes_joiner;
        }
        if is_variation_selector(character) {
            return mem::take(&mut self.takes_selector);
        }
        if is_space(character) {
            *self = Self::default();
            return true;
        }
        if is_invisible(character) {
            return false;
        }
        *self = Self {
            takes_joiner: takes_joiner(character).unwrap_or(self.takes_joiner),
            takes_selector: true,
        };
        true
    }
}

/// Returns whether a joiner after the character can have an effect, or `None` if that depends on the character before.
fn takes_joiner(character: char) -> Option<bool> {
    let is_indic = !matches!(
        CodePointMapData::<IndicSyllabicCategory>::new().get(character),
        IndicSyllabicCategory::Other | IndicSyllabicCategory::ConsonantPlaceholder
    );
    let is_emoji = || {
        CodePointSetData::new::<ExtendedPictographic>().contains(character)
            || CodePointSetData::new::<EmojiModifier>().contains(character)
    };
    match CodePointMapData::<JoiningType>::new().get(character) {
        _ if is_indic => Some(true),
        JoiningType::Transparent => None,
        JoiningType::NonJoining => Some(is_emoji()),
        _ => Some(true),
    }
}

fn is_variation_selector(character: char) -> bool {
    matches!(character, '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

fn is_space(character: char) -> bool {
    CodePointMapData::<GeneralCategory>::new().get(character) == GeneralCategory::SpaceSeparator
}

/// The reason why a short text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineError {
    TooLong,
    InvisibleCharacter,
}

/// Parses a text of one line with at most `max` code points, all of them visible. Surrounding whitespace is ignored, and a
/// blank text is `None`.
pub(super) fn parse_line(input: &str, max: usize) -> Result<Option<String>, LineError> {
    let (text, mut visibility) = (input.trim(), Visibility::default());
    if !text.chars().all(|character| visibility.shows(character)) {
        return Err(LineError::InvisibleCharacter);
    }
    if text.chars().count() > max {
        return Err(LineError::TooLong);
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// Restores a stored text, which another program may have written: removes invisible characters and truncates it.
pub(super) fn restore_line(stored: &str, max: usize) -> Option<String> {
    let mut visibility = Visibility::default();
    let visible = stored.trim().chars().filter(|character| visibility.shows(*character));
    let text: String = visible.take(max).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<Option<String>, LineError> {
        parse_line(text, 100)
    }

    #[test]
    fn joiners_and_selectors_are_kept_where_people_write_them() {
        for text in [
            "علی‌رضا",               // Persian, ZWNJ
            "بِه‌نام",                // the same after a vowel mark
            "ه\u{200d}",            // Arabic abbreviation, final ZWJ
            "മോഹന\u{d4d}\u{200d}",  // Malayalam, final ZWJ
            "ක\u{dca}\u{200d}ෂ",    // Sinhala
            "র\u{200d}\u{9cd}যাচেল", // Bengali, ZWJ after a consonant
            "葛\u{e0100}城",        // Japanese, variation of an ideograph
            "ᠠ\u{180b}",            // Mongolian
            "❤\u{fe0f}\u{200d}🔥",
            "👩🏽\u{200d}🚀 Ann",
            "1\u{fe0f}\u{20e3}",
        ] {
            assert_eq!(parse(text), Ok(Some(text.to_owned())), "{text:?}");
            assert_eq!(restore_line(text, 100).as_deref(), Some(text));
        }
    }

    #[test]
    fn invisible_characters_are_refused_and_restored_texts_lose_them() {
        for (text, restored) in [
            ("Ann\u{202e}gpj", "Anngpj"),
            ("\u{2067}Ann\u{2069}", "Ann"),
            ("Ann\u{200f}", "Ann"),
            ("A\u{200b}nn\u{feff}\u{2060}\u{ad}", "Ann"),
            ("A\u{2028}nn\u{2029}", "Ann"),
            ("\u{3164}\u{115f}\u{2800}Ann", "Ann"),
            ("Ann\u{e0041}\u{e0042}\u{e007f}", "Ann"),
            ("A\u{34f}nn\u{fff9}\u{fffb}", "Ann"),
            // Nothing there to join or to vary, or a second one.
            ("A\u{200d}nn\u{200c}", "Ann"),
            ("e\u{301}\u{200d}", "e\u{301}"),
            ("\u{fe0f}Ann \u{fe0f}", "Ann"),
            ("علی\u{200c}\u{200c}رضا", "علی\u{200c}رضا"),
            ("علی \u{200c}رضا", "علی رضا"),
            ("😀\u{fe0f}\u{fe0f}\u{e0101}", "😀\u{fe0f}"),
        ] {
            assert_eq!(parse(text), Err(LineError::InvisibleCharacter), "{text:?}");
            assert_eq!(restore_line(text, 100).as_deref(), Some(restored), "{text:?}");
        }
        assert_eq!(restore_line("\u{202e}\u{2800}\u{200d}", 100), None);
    }

    proptest! {
        #[test]
        fn restored_text_follows_the_rules(text: String, max in 1_usize..20) {
            if let Some(restored) = restore_line(&text, max) {
                prop_assert_eq!(parse_line(&restored, max), Ok(Some(restored.clone())));
            }
        }
    }
}
