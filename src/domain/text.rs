use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{BidiControl, DefaultIgnorableCodePoint, GeneralCategory},
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

/// The reason why a short text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineError {
    TooLong,
    ControlCharacter,
}

/// Parses a text of one line with at most `max` code points. Surrounding whitespace is ignored, and a blank text is
/// `None`.
pub(super) fn parse_line(input: &str, max: usize) -> Result<Option<String>, LineError> {
    let text = input.trim();
    if text.chars().any(char::is_control) {
        return Err(LineError::ControlCharacter);
    }
    if text.chars().count() > max {
        return Err(LineError::TooLong);
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// Restores a stored text, which another program may have written: removes control characters and truncates it.
pub(super) fn restore_line(stored: &str, max: usize) -> Option<String> {
    let visible = stored.trim().chars().filter(|character| !character.is_control());
    let text: String = visible.take(max).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
