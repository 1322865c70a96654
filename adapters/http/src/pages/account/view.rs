//! The values of the account page.

use coach_core::domain::{AuditEntry, FullName, User, UserSession};
use serde::Serialize;

use super::{
    super::view::{FormErrors, Time},
    events::EventView,
    sessions::SessionList,
};
use crate::{html::View, response::Problem};

/// The account page.
#[derive(Serialize)]
pub(in crate::pages) struct AccountPage {
    /// The stored address, which the form may be about to change.
    email: String,
    created_at: Time,
    profile: ProfileView,
    sessions: SessionList,
    events: Vec<EventView>,
    errors: AccountErrors,
}

/// A form of the account page, with its text except passwords.
pub(in crate::pages) enum AccountForm {
    Profile(ProfileView),
    Password,
    Delete,
}

/// The fields of the profile form.
#[derive(Serialize)]
pub(in crate::pages) struct ProfileView {
    full_name: String,
    email: String,
}

/// The errors of each form.
#[derive(Default, Serialize)]
struct AccountErrors {
    profile: FormErrors,
    password: FormErrors,
    delete: FormErrors,
    any: bool,
    /// Whether the form for the deletion was refused, and must be open.
    is_delete: bool,
}

impl View for AccountPage {
    const TEMPLATE: &'static str = "account.html";
}

impl AccountForm {
    pub(in crate::pages) fn profile(full_name: String, email: String) -> Self {
        Self::Profile(ProfileView { full_name, email })
    }
}

impl From<&User> for ProfileView {
    fn from(user: &User) -> Self {
        Self {
            full_name: user.full_name.as_ref().map_or("", FullName::as_str).to_owned(),
            email: user.email.to_string(),
        }
    }
}

impl AccountPage {
    pub(in crate::pages) fn new(
        caller: &UserSession,
        sessions: SessionList,
        events: &[AuditEntry],
        refused: Option<(AccountForm, &Problem)>,
    ) -> Self {
        let user = &caller.user;
        let mut page = Self {
            email: user.email.to_string(),
            created_at: user.created_at.into(),
            profile: user.into(),
            sessions,
            events: events.iter().map(EventView::from).collect(),
            errors: AccountErrors::default(),
        };
        if let Some((form, problem)) = refused {
            page.refuse(form, problem);
        }
        page
    }

    /// Adds the errors of a form.
    fn refuse(&mut self, form: AccountForm, problem: &Problem) {
        let errors = &mut self.errors;
        errors.any = true;
        match form {
            AccountForm::Profile(typed) => {
                self.profile = typed;
                errors.profile =
                    FormErrors::new(problem, &["full_name", "email", "current_password"]);
            }
            AccountForm::Password => {
                errors.password = FormErrors::new(problem, &["current_password", "new_password"]);
            }
            AccountForm::Delete => {
                errors.is_delete = true;
                errors.delete = FormErrors::new(problem, &["current_password"]);
            }
        }
    }
}
