use std::sync::Arc;

use coach_core::services::AuthService;
use poem::{FromRequest, Request, RequestBody, error::ResponseError, http::StatusCode};

use super::{CurrentUser, PageRequest, SentCookies, cookies};
use crate::{
    response::{CookieSlot, Notice, Problem},
    state::State,
};

/// The person who asks for a page, signed in or not, and the notice for them.
pub(crate) struct Visitor {
    pub(crate) user: Option<CurrentUser>,
    /// Whether the server could look up the session.
    pub(crate) is_known: bool,
    /// Whether the session cookie of the request belongs to no live session.
    session_ended: bool,
    /// The notice, with the slot that clears its cookie if it came in one.
    notice: Option<(Notice, Option<Arc<CookieSlot>>)>,
}

impl Visitor {
    /// Someone without a session.
    pub(crate) const fn signed_out() -> Self {
        Self { user: None, is_known: true, session_ended: false, notice: None }
    }

    pub(crate) fn signed_in(user: CurrentUser) -> Self {
        Self { user: Some(user), ..Self::signed_out() }
    }

    /// Someone whose session was not looked up.
    pub(crate) fn unknown() -> Self {
        Self { is_known: false, ..Self::signed_out() }
    }

    /// Looks up the session for a page that is shown whether the lookup succeeds or not.
    pub(crate) async fn if_known(auth: &AuthService, sent: &SentCookies) -> Self {
        let found = CurrentUser::by(auth, sent.credential()).await;
        Self::found(found).unwrap_or(Self::unknown())
    }

    fn found(found: Result<CurrentUser, Problem>) -> Result<Self, Problem> {
        match found {
            Ok(user) => Ok(Self::signed_in(user)),
            Err(problem) if problem.status() == StatusCode::UNAUTHORIZED => Ok(Self::signed_out()),
            Err(problem) => Err(problem),
        }
    }

    /// Gives the visitor a notice on this page, unless there is one from the former response.
    pub(crate) fn tell(&mut self, notice: Notice) {
        self.notice.get_or_insert((notice, None));
    }

    /// Tells the visitor that their session has ended, once: the browser forgets its cookie.
    pub(crate) fn explain_ended_session(&mut self, cookie: &CookieSlot) {
        if self.session_ended {
            self.tell(Notice::YourSessionEnded);
            cookie.clear();
        }
    }

    /// Returns the notice for a page that shows it. The browser then forgets it.
    pub(crate) fn take_notice(&self) -> Option<Notice> {
        let (notice, slot) = self.notice.as_ref()?;
        slot.iter().for_each(|slot| slot.clear_notice());
        Some(*notice)
    }
}

impl<'a> FromRequest<'a> for Visitor {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        let state = State::of(request)?;
        let visitor = Self::found(CurrentUser::of(request).await)?;
        let sent = SentCookies::of(request);
        let session_ended = visitor.user.is_none() && sent.credential().is_some();
        // HTMX shows only a part of the page.
        let whole_page = PageRequest::of(request) != Some(PageRequest::Htmx);
        let notice = cookies::notice(request, &state.cookies).filter(|_| whole_page);
        // Another host can forge "You are signed out.", so only those who are see it.
        let is_true = |notice: &Notice| *notice != Notice::SignedOut || visitor.user.is_none();
        let notice = notice.filter(is_true);
        let slot = || request.data::<Arc<CookieSlot>>().cloned();
        let notice = notice.map(|notice| (notice, slot()));
        Ok(Self { session_ended, notice, ..visitor })
    }
}
