use std::{borrow::Cow, fmt};

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use super::text::{is_invisible, nfc};

/// An e-mail address in the one form under which it is compared and stored: lower case, NFC, the domain in
/// Unicode. Spellings that differ only in those respects are one account; dots and plus-tags are kept, since
/// only the mailbox's own server knows what they mean (RFC 5321, section 2.3.11).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

/// Why a text is no e-mail address that we accept. Each reads as a sentence for the person who typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmailError {
    /// Nothing was given.
    #[error("Enter an e-mail address.")]
    Missing,
    /// Over [`EmailAddress::MAX_BYTES`].
    #[error("An e-mail address has at most {} bytes.", EmailAddress::MAX_BYTES)]
    TooLong,
    /// Over [`EmailAddress::MAX_LOCAL_PART_BYTES`].
    #[error("The part before the @ has at most {} bytes.", EmailAddress::MAX_LOCAL_PART_BYTES)]
    LocalPartTooLong,
    /// A white space, control, invisible or bidirectional-control character inside.
    #[error("An e-mail address has no spaces, control characters or invisible characters.")]
    InvisibleCharacter,
    /// No `@`, or nothing before it.
    #[error("An e-mail address looks like name@example.com.")]
    Shape,
    /// The part before the `@` is no dot-atom (RFC 5322, section 3.2.3; RFC 6531, section 3.3).
    #[error("The part before the @ has a character or a dot that is not allowed there.")]
    LocalPart,
    /// The part after the `@` is no dotted domain name (RFC 5890, UTS #46).
    #[error("The part after the @ is not a domain name such as example.com.")]
    Domain,
}

impl EmailAddress {
    /// RFC 5321, section 4.5.3.1.3: a path has 256 octets, two of which are its angle brackets.
    pub const MAX_BYTES: usize = 254;
    /// RFC 5321, section 4.5.3.1.1.
    pub const MAX_LOCAL_PART_BYTES: usize = 64;

    /// Reads an address as a person types it; white space around it is dropped.
    ///
    /// # Errors
    ///
    /// The first [`EmailError`] that applies. Quoted local parts and address literals are valid in RFC 5321 and
    /// refused here: no mailbox of a person has one, and software disagrees about what they mean.
    pub fn parse(input: &str) -> Result<Self, EmailError> {
        let input = input.trim();
        if input.is_empty() {
            return Err(EmailError::Missing);
        }
        // Normalising shrinks a text to a third at most; what is longer need not be looked at.
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

    /// Takes an address from storage, where another program may have written it. One that breaks the rules is kept
    /// without its control characters, so that no stored value locks its account out.
    #[must_use]
    pub fn restore(stored: &str) -> Self {
        Self::parse(stored).unwrap_or_else(|_| {
            Self(stored.chars().filter(|character| !character.is_control()).collect())
        })
    }

    /// The address in its canonical form.
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

/// `atext` of RFC 5322, section 3.2.3, as RFC 6531, section 3.3 extends it.
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
    // RFC 3696, section 2: what ends in digits alone is an IPv4 address, no domain name.
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

/// Personal data: shows that there is an address, not which.
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
            ("", ""),
        ] {
            assert_eq!(EmailAddress::restore(stored).as_str(), restored);
        }
    }

    #[test]
    fn what_is_no_address_is_refused_for_its_reason() {
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
    fn the_limits_are_64_and_254_bytes() {
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
