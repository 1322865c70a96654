//! The parts of requests: bodies, credentials, cookies and headers.

mod body;
mod client;
mod cookies;
mod credential;
pub(crate) mod host;
mod inputs;
mod local_path;
mod negotiation;
mod practice;
mod query;
mod visitor;

pub(crate) use self::{
    body::{AnyBody, ApiBody, Fields, FormBody, JSON, ReadFields, is_form, read_ahead},
    client::client,
    cookies::SentCookies,
    credential::{BEARER, COOKIE, CurrentUser, SentCredentials},
    inputs::{
        DeleteRequest, LoginRequest, PasswordRequest, ProfileRequest, RefreshRequest,
        RegisterRequest,
    },
    local_path::LocalPath,
    negotiation::{PageRequest, is_read, prefers_html},
    practice::{ListPracticeRequest, StartPracticeRequest},
    query::ApiQuery,
    visitor::Visitor,
};
