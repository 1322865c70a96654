//! The table of routes. Dispatch, `Allow` and the `next` of a login use it.

use std::sync::Arc;

use percent_encoding::percent_decode_str;
use poem::{
    EndpointExt, Request, Response, Result, RouteMethod,
    endpoint::{BoxEndpoint, DynEndpoint},
    get,
    http::{HeaderValue, Method, header},
    post,
};

use crate::{
    api, html,
    pages::{account, docs, home, practice, problem_page, sign_in},
    request::{self, PageRequest, SentCookies},
    response::{CookieSlot, Problem},
    state::State,
};

/// A path with its methods. The handlers of the JSON API are declared in `api/`.
struct Route {
    /// A segment that begins with `:` matches any one segment.
    path: &'static str,
    /// The methods of the JSON API.
    api: &'static [Method],
    /// The methods of the pages.
    page: &'static [Method],
    /// The handlers of the pages.
    handlers: fn() -> RouteMethod,
    /// Whether a browser may be redirected here after a login.
    is_destination: bool,
}

const GET: &[Method] = &[Method::GET];
const POST: &[Method] = &[Method::POST];
const GET_POST: &[Method] = &[Method::GET, Method::POST];

const fn api(path: &'static str, api: &'static [Method]) -> Route {
    Route { path, api, page: &[], handlers: RouteMethod::new, is_destination: false }
}

const fn page(path: &'static str, page: &'static [Method], handlers: fn() -> RouteMethod) -> Route {
    Route { path, api: &[], page, handlers, is_destination: false }
}

impl Route {
    const fn with_api(self, api: &'static [Method]) -> Self {
        Self { api, ..self }
    }

    const fn destination(self) -> Self {
        Self { is_destination: true, ..self }
    }
}

static TABLE: [Route; 32] = [
    page("/", GET, || get(home::home)).with_api(GET).destination(),
    page("/practice", POST, || post(practice::start)),
    page("/practice/:id/end", POST, || post(practice::end)),
    page("/account", GET, || get(account::account)).destination(),
    page("/account/profile", POST, || post(account::update_profile)),
    page("/account/sessions", POST, || post(account::end_sessions)),
    page("/account/delete", POST, || post(account::delete_account)),
    page("/auth/login", GET_POST, || get(sign_in::login_form).post(sign_in::log_in)).with_api(POST),
    page("/auth/register", GET_POST, || get(sign_in::register_form).post(sign_in::register))
        .with_api(POST),
    page("/auth/new-password", GET_POST, || {
        get(sign_in::new_password_form).post(sign_in::set_new_password)
    })
    .with_api(POST),
    page("/auth/logout", POST, || post(sign_in::log_out)).with_api(POST),
    page("/auth/password", POST, || post(account::change_password)).with_api(POST),
    api("/auth/refresh", POST),
    api("/auth/me", &[Method::GET, Method::PATCH, Method::DELETE]),
    api("/auth/sessions", &[Method::GET, Method::DELETE]),
    api("/auth/sessions/:id", &[Method::DELETE]),
    api("/api/sessions", GET_POST),
    api("/api/sessions/:id", GET),
    api("/api/sessions/:id/end", POST),
    api("/healthz", GET),
    api("/readyz", GET),
    api("/.well-known/jwks.json", GET),
    page("/.well-known/change-password", GET, || get(account::change_password_url)),
    page("/problems/:name", GET, || get(problem_page::problem_page)).with_api(GET).destination(),
    page("/docs", GET, || get(docs::docs_page)).destination(),
    page("/docs/:name", GET, || get(docs::docs_file)),
    page("/openapi.json", GET, || get(docs::openapi_json)),
    page("/assets/:name", GET, || get(html::asset)),
    page("/apple-touch-icon.png", GET, || get(html::site_file)),
    page("/favicon.ico", GET, || get(html::site_file)),
    page("/manifest.webmanifest", GET, || get(html::site_file)),
    page("/robots.txt", GET, || get(html::site_file)),
];

fn find(path: &str) -> Option<&'static Route> {
    let exact = TABLE.iter().find(|route| route.path == path);
    exact.or_else(|| {
        TABLE.iter().filter(|route| route.path.contains(':')).find(|route| {
            let mut actual = path.split('/');
            route.path.split('/').all(|expected| {
                actual.next().is_some_and(|actual| match expected.starts_with(':') {
                    // A segment that is not UTF-8 matches nothing.
                    true => !actual.is_empty() && percent_decode_str(actual).decode_utf8().is_ok(),
                    false => expected == actual,
                })
            }) && actual.next().is_none()
        })
    })
}

/// Returns the path in the table that a path has, if it has one.
pub(crate) fn template(path: &str) -> Option<&'static str> {
    find(path).map(|route| route.path)
}

/// Returns whether a browser may be redirected to the path after a login.
pub(crate) fn is_page(path: &str) -> bool {
    find(path).is_some_and(|route| route.is_destination)
}

impl Route {
    /// Returns the `Allow` header. `HEAD` works wherever `GET` does.
    fn allow(&self) -> HeaderValue {
        let mut methods: Vec<_> = self.api.iter().chain(self.page).map(Method::as_str).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.sort_unstable();
        methods.dedup();
        methods.join(", ").parse().unwrap_or(HeaderValue::from_static(""))
    }

    /// Returns whether the page handles the request, and not the API.
    fn wants_page(&self, request: &Request) -> Result<bool, Problem> {
        let method = match *request.method() {
            Method::HEAD => &Method::GET,
            ref method => method,
        };
        match (self.page.contains(method), self.api.contains(method)) {
            (true, true) if *method == Method::GET => Ok(request::prefers_html(request)),
            // The API also answers other bodies from a browser, with 415 as a page.
            (true, true) => Ok(request::is_form(request) && PageRequest::of(request).is_some()),
            (true, false) => Ok(true),
            (false, true) => Ok(false),
            (false, false) => Err(Problem::method_not_allowed(self.allow())),
        }
    }

    /// Returns whether the response depends on `Accept`.
    fn varies(&self, request: &Request) -> bool {
        let both = |method| self.page.contains(&method) && self.api.contains(&method);
        request::is_read(request) && both(Method::GET)
    }
}

/// Dispatches each request, gives handlers the shared state, and writes the cookies that a handler changed.
pub(crate) struct Routes {
    pages: BoxEndpoint<'static>,
    api: BoxEndpoint<'static>,
    state: Arc<State>,
}

impl Routes {
    pub(crate) fn new(state: Arc<State>) -> Self {
        let pages = TABLE.iter().filter(|route| !route.page.is_empty());
        let pages =
            pages.fold(poem::Route::new(), |pages, route| pages.at(route.path, (route.handlers)()));
        let api = api::service().map_to_response();
        Self { pages: pages.map_to_response().boxed(), api: api.boxed(), state }
    }

    pub(crate) async fn respond(&self, mut request: Request) -> Result<Response> {
        let route = find(request.uri().path()).ok_or_else(Problem::not_found)?;
        let wants_page = route.wants_page(&request)?;
        let varies = route.varies(&request);
        // A read of the API never changes a cookie.
        let may_change = wants_page || !request::is_read(&request);
        let slot = may_change.then(|| {
            let sent = SentCookies::read(&request, &self.state.cookies);
            Arc::new(CookieSlot::new(sent.secret().map(str::to_owned)))
        });
        // The browser does not show the page of a HEAD, so its notice waits.
        let is_seen = *request.method() != Method::HEAD;
        let extensions = request.extensions_mut();
        extensions.insert(self.state.clone());
        if let Some(slot) = &slot {
            extensions.insert(slot.clone());
        }
        let endpoint = if wants_page { &self.pages } else { &self.api };
        let mut response = DynEndpoint::call(&**endpoint, request).await?;
        if let Some(slot) = slot.filter(|_| is_seen) {
            self.state.cookies.write(&slot, response.headers_mut());
        }
        if varies {
            response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept"));
        }
        Ok(response)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    #[test]
    fn table_and_openapi_document_have_the_same_operations() {
        let document: Value = serde_json::from_str(api::openapi_document()).unwrap();
        let mut documented = BTreeSet::new();
        for (path, operations) in document["paths"].as_object().unwrap() {
            for method in operations.as_object().unwrap().keys() {
                documented.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
        let mut table = BTreeSet::new();
        for route in &TABLE {
            let path = route.path.replace(":id", "{id}").replace(":name", "{name}");
            table.extend(route.api.iter().map(|method| format!("{method} {path}")));
        }
        assert_eq!(table, documented);
    }

    #[test]
    fn path_has_one_spelling() {
        for path in ["/", "/account", "/problems/busy", "/auth/sessions/1"] {
            assert!(find(path).is_some(), "{path}");
        }
        for path in [
            "",
            "//",
            "/account/",
            "/problems/%ff",
            "/ACCOUNT",
            "/problems/",
            "/problems/a/b",
            "/auth",
        ] {
            assert!(find(path).is_none(), "{path}");
        }
    }
}
