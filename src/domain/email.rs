use std::{borrow::Cow, fmt};

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use super::text::{is_invisible, nfc, visible};

/// An email address in canonical form: lower case, in NFC, with the domain in Unicode.
///
/// Addresses are stored and compared in this form, so spellings that differ only in case or encoding belong to one
/// account. Dots and plus tags are kept, because only the receiving mail server may interpret them (RFC 5321, section
/// 2.3.11).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

/// The reason why an email address was refused. The messages are shown to the person who typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// The input is blank.
    #[error("Enter an email address.")]
    Missing,
    /// The address is longer than [`EmailAddress::MAX_BYTES`].
    #[error("Enter an email address of at most {} bytes.", EmailAddress::MAX_BYTES)]
    TooLong,
    /// The local part is longer than [`EmailAddress::MAX_LOCAL_PART_BYTES`].
    #[error("Use at most {} bytes before the @.", EmailAddress::MAX_LOCAL_PART_BYTES)]
    LocalPartTooLong,
    /// The address contains a whitespace, control, invisible or bidirectional-control character.
    #[error("Remove the spaces and invisible characters from the email address.")]
    InvisibleCharacter,
    /// The input has no `@`, or nothing before it.
    #[error("Enter an email address like name@example.com.")]
    Shape,
    /// The local part is not a dot-atom (RFC 5322, section 3.2.3; RFC 6531, section 3.3).
    #[error("The part before the @ contains a character or a dot that is not allowed. Correct it.")]
    LocalPart,
    /// The domain is not a domain name with a dot (RFC 5890, UTS #46).
    #[error("Enter a domain name like example.com after the @.")]
    Domain,
}

impl EmailAddress {
    /// Maximum length in bytes. RFC 5321, section 4.5.3.1.3 allows 256 octets, including two angle brackets.
    pub const MAX_BYTES: usize = 254;
    /// Maximum length of the local part in bytes (RFC 5321, section 4.5.3.1.1).
    pub const MAX_LOCAL_PART_BYTES: usize = 64;

    /// Parses an address as a person types it. Surrounding whitespace is ignored.
    ///
    /// # Errors
    ///
    /// The first [`EmailError`] that applies. Quoted local parts and address literals are valid in RFC 5321 but refused
    /// here: people do not use them, and software interprets them differently.
    pub fn parse(input: &str) -> Result<Self, EmailError> {
        let input = input.trim();
        if input.is_empty() {
            return Err(EmailError::Missing);
        }
        // Normalisation leaves at least a third of a text, so longer input cannot fit. This bounds the work below.
        if input.len() > 3 * Self::MAX_BYTES {
            return Err(EmailError::TooLong);
        }
        if input.chars().any(is_invisible) {
            return Err(EmailError::InvisibleCharacter);
        }
        let (local_part, domain) = input.rsplit_once('@').ok_or(EmailError::Shape)?;
        if local_part.is_empty() {
            return Err(EmailError::Shape);
        }
        let address = format!("{}@{}", parse_local_part(local_part)?, parse_domain(domain)?);
        if address.len() > Self::MAX_BYTES {
            return Err(EmailError::TooLong);
        }
        Ok(Self(address))
    }

    /// Restores a stored address, which another program may have written. An address that breaks the rules only loses
    /// its invisible characters except spaces, so that no stored value locks its account out.
    #[must_use]
    pub fn restore(stored: &str) -> Self {
        Self::parse(stored).unwrap_or_else(|_| Self(visible(stored).collect()))
    }

    /// Returns the address in canonical form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn parse_local_part(input: &str) -> Result<String, EmailError> {
    let lower = nfc(input).to_lowercase();
    let local_part = nfc(&lower);
    if local_part.len() > EmailAddress::MAX_LOCAL_PART_BYTES {
        return Err(EmailError::LocalPartTooLong);
    }
    let is_atom = |atom: &str| !atom.is_empty() && atom.chars().all(is_atom_character);
    if !local_part.split('.').all(is_atom) {
        return Err(EmailError::LocalPart);
    }
    Ok(local_part.into_owned())
}

/// Returns whether the character is `atext` (RFC 5322, section 3.2.3, extended by RFC 6531, section 3.3).
fn is_atom_character(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || !character.is_ascii()
        || "!#$%&'*+-/=?^_`{|}~".contains(character)
}

fn parse_domain(input: &str) -> Result<String, EmailError> {
    let uts46 = Uts46::new();
    let ascii = uts46
        .to_ascii(input.as_bytes(), AsciiDenyList::STD3, Hyphens::Check, DnsLength::Verify)
        .map_err(|_| EmailError::Domain)?;
    let (_, top_level) = ascii.rsplit_once('.').ok_or(EmailError::Domain)?;
    // A name whose last label is all digits is an IPv4 address (RFC 3696, section 2).
    if top_level.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(EmailError::Domain);
    }
    let (domain, valid) = uts46.to_unicode(ascii.as_bytes(), AsciiDenyList::STD3, Hyphens::Check);
    if valid.is_err() || domain.chars().any(is_invisible) {
        return Err(EmailError::Domain);
    }
    Ok(Cow::into_owned(domain))
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Hides the address, which is personal data.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn canonical(input: &str) -> Result<String, EmailError> {
        EmailAddress::parse(input).map(|email| email.as_str().to_owned())
    }

    #[test]
    fn spellings_of_one_mailbox_are_one_address() {
        for (spelling, address) in [
            ("test@example.com", "test@example.com"),
            ("  Test@Example.COM\t\n", "test@example.com"),
            ("a@xn--bcher-kva.example", "a@bücher.example"),
            ("a@XN--BCHER-KVA.example", "a@bücher.example"),
            ("a@BÜCHER.example", "a@bücher.example"),
            ("a@bu\u{308}cher.example", "a@bücher.example"),
            ("JOSE\u{301}@example.com", "josé@example.com"),
            ("a@例え。テスト", "a@例え.テスト"),
            ("first.last+tag@example.com", "first.last+tag@example.com"),
            ("o'brien!#$%&*/=?^_`{|}~-@example.com", "o'brien!#$%&*/=?^_`{|}~-@example.com"),
        ] {
            assert_eq!(canonical(spelling).as_deref(), Ok(address), "{spelling:?}");
        }
    }

    #[test]
    fn a_stored_address_that_breaks_the_rules_is_cleaned() {
        for (stored, restored) in [
            ("Test@Example.com", "test@example.com"),
            ("root@localhost", "root@localhost"),
            ("a\0b\n", "ab"),
            ("a b@example.com", "a b@example.com"),
            ("a\u{202e}b@example.com", "ab@example.com"),
            ("", ""),
        ] {
            assert_eq!(EmailAddress::restore(stored).as_str(), restored);
        }
    }

    #[test]
    fn malformed_address_is_refused_with_the_reason() {
        for (input, error) in [
            ("", EmailError::Missing),
            (" \t ", EmailError::Missing),
            ("test", EmailError::Shape),
            ("@example.com", EmailError::Shape),
            ("a@b@example.com", EmailError::LocalPart),
            ("a..b@example.com", EmailError::LocalPart),
            (".a@example.com", EmailError::LocalPart),
            ("a.@example.com", EmailError::LocalPart),
            ("\"a\"@example.com", EmailError::LocalPart),
            ("a<b>@example.com", EmailError::LocalPart),
            ("a\\b@example.com", EmailError::LocalPart),
            ("a@", EmailError::Domain),
            ("a@localhost", EmailError::Domain),
            ("a@example.com.", EmailError::Domain),
            ("a@.example.com", EmailError::Domain),
            ("a@example..com", EmailError::Domain),
            ("a@-example.com", EmailError::Domain),
            ("a@example-.com", EmailError::Domain),
            ("a@exa_mple.com", EmailError::Domain),
            ("a@[127.0.0.1]", EmailError::Domain),
            ("a@127.0.0.1", EmailError::Domain),
            ("a@xn--zzzzzz.example", EmailError::Domain),
            ("a b@example.com", EmailError::InvisibleCharacter),
            ("a@exam ple.com", EmailError::InvisibleCharacter),
            ("a\0@example.com", EmailError::InvisibleCharacter),
            ("a\r\nb@example.com", EmailError::InvisibleCharacter),
            ("a\u{200b}@example.com", EmailError::InvisibleCharacter),
            ("a\u{202e}b@example.com", EmailError::InvisibleCharacter),
            ("a\u{3164}@example.com", EmailError::InvisibleCharacter),
            ("a\u{fe0f}@example.com", EmailError::InvisibleCharacter),
            ("a\u{2800}@example.com", EmailError::InvisibleCharacter),
            ("a@exam\u{ad}ple.com", EmailError::InvisibleCharacter),
        ] {
            assert_eq!(canonical(input), Err(error), "{input:?}");
        }
    }

    #[test]
    fn local_part_has_at_most_64_bytes_and_address_at_most_254() {
        let local_part = |bytes: usize| format!("{}@example.com", "a".repeat(bytes));
        assert!(canonical(&local_part(64)).is_ok());
        assert_eq!(canonical(&local_part(65)), Err(EmailError::LocalPartTooLong));
        assert_eq!(
            canonical(&format!("{}@example.com", "é".repeat(33))),
            Err(EmailError::LocalPartTooLong)
        );

        let label = "b".repeat(61);
        let whole =
            |last: usize| format!("{}@{label}.{label}.{}.com", "a".repeat(64), "c".repeat(last));
        assert_eq!(whole(61).len(), 254);
        assert!(canonical(&whole(61)).is_ok());
        assert_eq!(canonical(&whole(62)), Err(EmailError::TooLong));
        assert_eq!(canonical(&"a".repeat(1_000_000)), Err(EmailError::TooLong));
    }

    #[test]
    fn debug_output_does_not_show_the_address() {
        let email = EmailAddress::parse("test@example.com").unwrap();
        assert_eq!(format!("{email:?}"), "EmailAddress(…)");
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused_without_a_panic(input in "\\PC*") {
            let _ = EmailAddress::parse(&input);
        }

        #[test]
        fn a_parsed_address_is_its_own_canonical_form(
            local_part in "[\\pL\\pN.+'-]{1,20}",
            domain in "[\\pL\\pN-]{1,12}(\\.[\\pL]{2,8}){1,2}",
        ) {
            if let Ok(email) = EmailAddress::parse(&format!("{local_part}@{domain}")) {
                prop_assert_eq!(EmailAddress::parse(email.as_str()), Ok(email.clone()));
                prop_assert!(email.as_str().len() <= EmailAddress::MAX_BYTES);
                prop_assert!(!email.as_str().chars().any(is_invisible));
            }
        }

        #[test]
        fn case_and_surrounding_space_do_not_matter(name in "[a-z0-9]{1,20}", space in "[ \t\n]{0,3}") {
            let address = format!("{name}@example.com");
            let spelling = format!("{space}{}{space}", address.to_uppercase());
            prop_assert_eq!(canonical(&spelling), Ok(address));
        }
    }
}
