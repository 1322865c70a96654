//! The pages. A handler parses the request, calls one use case and renders a template. What a page shows stands in
//! `view.rs`.

mod account;
mod assets;
mod error_page;
mod forms;
mod home;
mod local_path;
mod problem_page;
mod templates;
#[cfg(test)]
mod tests;
mod view;

use poem::{
    Endpoint, IntoResponse, Request, Response, Route,
    error::ResponseError,
    get,
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    post,
    web::Html,
};
use url::Url;

use self::{
    assets::{Assets, Cdn},
    error_page::ErrorPage,
    templates::Templates,
    view::View,
};
use crate::{
    body::is_form,
    negotiation::{PageRequest, is_read, prefers_html},
    problem::Problem,
};

const HX_REDIRECT: HeaderName = HeaderName::from_static("hx-redirect");
const HX_RESELECT: HeaderName = HeaderName::from_static("hx-reselect");
const HX_RETARGET: HeaderName = HeaderName::from_static("hx-retarget");

const LOGIN: &str = "/auth/login";
const REGISTER: &str = "/auth/register";
const ACCOUNT: &str = "/account";
/// Where forms are sent to and there is nothing to be read.
pub(crate) const END_SESSIONS: &str = "/account/sessions";
/// Where password managers look for the way to a new password (W3C, A Well-Known URL for Changing Passwords).
const CHANGE_PASSWORD: &str = "/.well-known/change-password";
/// Below it, what each kind of problem means.
pub(crate) const PROBLEMS: &str = "/problems/";
/// The same, on paths that the API has too.
const ACTIONS: [&str; 2] = ["/auth/logout", "/auth/password"];

/// Paths that are a form to who reads them, and take it back.
pub(crate) const FORMS: [&str; 2] = [LOGIN, REGISTER];

/// Whether a request is for a page, and not for the API on the same path.
pub(crate) fn are_asked_for(request: &Request) -> bool {
    let sends_form = || {
        *request.method() == Method::POST && is_form(request) && PageRequest::of(request).is_some()
    };
    match request.uri().path() {
        "/" => is_read(request) && prefers_html(request),
        path if ACTIONS.contains(&path) => sends_form(),
        path if FORMS.contains(&path) => is_read(request) || sends_form(),
        path if path.starts_with(PROBLEMS) => is_read(request) && prefers_html(request),
        path => {
            [ACCOUNT, END_SESSIONS, CHANGE_PASSWORD].contains(&path)
                || path.starts_with(assets::PREFIX)
        }
    }
}

pub(crate) fn routes() -> impl Endpoint {
    Route::new()
        .at("/", get(home::home))
        .at(LOGIN, get(forms::login_form).post(forms::log_in))
        .at(REGISTER, get(forms::register_form).post(forms::register))
        .at("/auth/logout", post(forms::log_out))
        .at(ACCOUNT, get(account::account))
        .at("/auth/password", post(account::change_password))
        .at(END_SESSIONS, post(account::end_sessions))
        .at(CHANGE_PASSWORD, get(account::change_password_url))
        .at("/problems/:name", get(problem_page::problem_page))
        .at("/assets/:name", get(assets::asset))
}

/// Renders pages, and sends them with the headers that every page has.
pub(crate) struct Pages {
    templates: Templates,
    policy: HeaderValue,
}

impl Pages {
    pub(crate) fn new(cdn_url: Option<&Url>) -> Self {
        let assets = Assets::new(cdn_url.map(Url::as_str));
        let policy = content_security_policy(assets.cdn.as_ref());
        Self { templates: Templates::new(assets), policy }
    }

    /// A page. HTMX takes out of it what the form asks for.
    fn respond<V: View>(&self, view: &V, status: StatusCode) -> Response {
        let html = match self.templates.render(V::TEMPLATE, view) {
            Ok(html) => html,
            Err(error) => {
                tracing::error!(?error, "a template cannot be rendered");
                return Problem::internal().as_response();
            }
        };
        let mut response = Html(html).with_status(status).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, self.policy.clone());
        // With `no-referrer` browsers send `Origin: null` with our own forms.
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        response
    }

    /// A problem as a page that says what to do. Its headers are those of the problem.
    pub(crate) fn problem(&self, problem: &Problem, asked: PageRequest) -> Response {
        let mut response = self.respond(&ErrorPage::new(problem), problem.status());
        let headers = response.headers_mut();
        problem.add_headers(headers);
        if asked == PageRequest::Htmx {
            headers.insert(HX_RETARGET, HeaderValue::from_static("#content"));
            headers.insert(HX_RESELECT, HeaderValue::from_static("#content"));
        }
        response
    }
}

/// Sends a browser to a path of this site.
fn redirect(path: &str, asked: PageRequest) -> Response {
    let (status, name) = match asked {
        PageRequest::Navigation => (StatusCode::SEE_OTHER, header::LOCATION),
        PageRequest::Htmx => (StatusCode::NO_CONTENT, HX_REDIRECT),
    };
    Response::builder().status(status).header(name, path).finish()
}

/// Nothing but our own files and, if there is a CDN, the exact files that pages load from it: no inline script or style, no
/// frame, no plugin (ASVS 5.0, 3.4.3).
fn content_security_policy(cdn: Option<&Cdn>) -> HeaderValue {
    let [scripts, styles, fonts] = cdn.map(Cdn::sources).unwrap_or_default();
    let fonts = if fonts.is_empty() { "'none'" } else { &fonts };
    let policy = format!(
        "default-src 'none'; script-src 'self' {scripts}; style-src 'self' {styles}; font-src {fonts}; img-src 'self'; \
         connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy.replace(" ;", ";"))
        .unwrap_or(HeaderValue::from_static("default-src 'none'"))
}
