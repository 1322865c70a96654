use coach_core::domain::FullName;
use serde::Serialize;

use crate::{request::Visitor, response::Notice};

/// The parts of a page that do not depend on its template: the menu and the notice. Templates read it as `frame`.
#[derive(Serialize)]
pub(crate) struct Frame {
    /// The signed-in user.
    user: Option<MenuUser>,
    /// Whether nobody is signed in. False if the server could not find out.
    is_signed_out: bool,
    notice: Option<NoticeView>,
}

#[derive(Serialize)]
struct MenuUser {
    name: Option<String>,
    email: String,
    /// The first letter of the name or the address.
    initial: String,
}

#[derive(Serialize)]
struct NoticeView {
    text: &'static str,
    is_success: bool,
    is_elsewhere: bool,
}

impl Frame {
    /// Returns the frame of a page that is now shown to the visitor, with their notice.
    pub(crate) fn new(visitor: &Visitor) -> Self {
        let user = visitor.user.as_ref().map(|user| {
            let (name, email) = (&user.caller.user.full_name, user.caller.user.email.to_string());
            let name = name.as_ref().map(FullName::as_str).map(str::to_owned);
            let initial = name.as_ref().unwrap_or(&email).chars().next();
            let initial = initial.into_iter().flat_map(char::to_uppercase).collect();
            MenuUser { name, email, initial }
        });
        Self {
            is_signed_out: visitor.is_known && user.is_none(),
            user,
            notice: visitor.take_notice().map(NoticeView::from),
        }
    }
}

impl From<Notice> for NoticeView {
    fn from(notice: Notice) -> Self {
        Self {
            text: notice.text(),
            is_success: notice.is_success(),
            is_elsewhere: notice.is_elsewhere(),
        }
    }
}
