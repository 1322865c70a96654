use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{BidiControl, DefaultIgnorableCodePoint, GeneralCategory},
};

/// Unicode Normalization Form C (UAX #15), in which equal-looking text has equal bytes.
pub(super) fn nfc(text: &str) -> Cow<'_, str> {
    const NFC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfc();
    NFC.normalize(text)
}

/// Whether a person cannot see the character, or it changes how the text around it reads: white space,
/// controls, format and bidirectional-control characters, default-ignorable ones, and the blanks that Unicode
/// counts as symbols. Two addresses that differ in such a character alone would look like one.
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
