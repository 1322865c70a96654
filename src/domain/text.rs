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
