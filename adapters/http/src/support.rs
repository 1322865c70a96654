use serde::Serialize;

/// Whom people ask when they cannot sign in. Pages name the contact, as a link if it has an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum SupportContact {
    /// The person who runs the server, without a name.
    #[default]
    Operator,
    /// A name, such as `the IT help desk`.
    Name(String),
    /// An email address.
    Email(String),
    /// The https URL of a page.
    Page(String),
}

/// The words of a contact in "Ask … to activate it.", with the target of a link.
#[derive(Serialize)]
pub(crate) struct SupportView<'a> {
    preposition: &'static str,
    text: &'a str,
    href: Option<String>,
}

impl<'a> From<&'a SupportContact> for SupportView<'a> {
    fn from(contact: &'a SupportContact) -> Self {
        let (preposition, text, href) = match contact {
            SupportContact::Operator => ("", "the person who runs this server", None),
            SupportContact::Name(name) => ("", name.as_str(), None),
            SupportContact::Email(email) => ("", email.as_str(), Some(format!("mailto:{email}"))),
            SupportContact::Page(url) => {
                let text = url.trim_start_matches("https://").trim_end_matches('/');
                ("at ", text, Some(url.clone()))
            }
        };
        Self { preposition, text, href }
    }
}
