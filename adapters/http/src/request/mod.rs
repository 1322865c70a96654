//! The parts of requests: bodies, credentials, cookies and headers.

mod body;
mod client;
mod client_address;
mod context;
mod cookies;
mod credential;
pub(crate) mod host;
mod inputs;
mod local_path;
mod negotiation;
mod practice;
mod query;
mod request_id;
mod visitor;

pub use self::context::RequestContext;
pub(crate) use self::{
    body::{AnyBody, ApiBody, Fields, FormBody, JSON, ReadFields, is_form, read_ahead},
    client::client,
    client_address::TrustedProxies,
    cookies::{SentCookies, kept_email},
    credential::{BEARER, COOKIE, CurrentUser, SentCredentials},
    inputs::{
        DeleteRequest, LoginRequest, NewPasswordRequest, PasswordRequest, ProfileRequest,
        RefreshRequest, RegisterRequest,
    },
    local_path::LocalPath,
    negotiation::{PageRequest, is_read, prefers_html},
    practice::{ListPracticeRequest, StartPracticeRequest},
    query::{ApiQuery, query_fields},
    request_id::X_REQUEST_ID,
    visitor::Visitor,
};
