//! The parts of pages: templates, assets and the error page.

mod assets;
mod csp;
mod error_page;
mod frame;
mod site_files;
mod templates;

use poem::{
    IntoResponse, Response,
    error::ResponseError,
    http::{HeaderName, HeaderValue, StatusCode, header},
    web::Html,
};
use serde::Serialize;
use url::Url;

#[cfg(test)]
pub(crate) use self::templates::embed;
pub(crate) use self::{
    assets::{Assets, asset},
    error_page::ErrorPage,
    frame::Frame,
    site_files::site_file,
    templates::Templates,
};
use crate::{
    HttpSettings,
    request::{PageRequest, Visitor},
    response::{CookieSlot, Notice, Problem},
    support::SupportView,
};

const HX_REDIRECT: HeaderName = HeaderName::from_static("hx-redirect");
const HX_RESELECT: HeaderName = HeaderName::from_static("hx-reselect");
const HX_RETARGET: HeaderName = HeaderName::from_static("hx-retarget");

/// A page: the values of a template.
pub(crate) trait View: Serialize {
    const TEMPLATE: &'static str;
}

/// Renders pages and adds the headers of every page.
pub(crate) struct Pages {
    templates: Templates,
    policy: HeaderValue,
}

impl Pages {
    pub(crate) fn new(settings: &HttpSettings) -> Self {
        let assets = Assets::new(settings.cdn_url.as_ref().map(Url::as_str));
        let policy = csp::content_security_policy(assets.cdn.as_ref());
        let support = SupportView::from(&settings.support_contact);
        Self { templates: Templates::new(assets, &settings.public_origin, &support), policy }
    }

    /// Renders a page for a visitor. HTMX requests get it too and select a part of it.
    pub(crate) fn respond<V: View>(
        &self,
        visitor: &Visitor,
        view: &V,
        status: StatusCode,
    ) -> Response {
        let html = match self.templates.render(V::TEMPLATE, &Frame::new(visitor), view) {
            Ok(html) => html,
            Err(error) => {
                tracing::error!(?error, "template not rendered");
                return Problem::internal().as_response();
            }
        };
        let mut response = Html(html).with_status(status).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, self.policy.clone());
        // With `no-referrer`, browsers send `Origin: null` with our own forms.
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        response
    }

    /// Renders a page with the status and headers of a problem.
    pub(crate) fn refuse<V: View>(
        &self,
        visitor: &Visitor,
        view: &V,
        problem: &Problem,
    ) -> Response {
        let mut response = self.respond(visitor, view, problem.status());
        problem.add_headers(response.headers_mut());
        response
    }

    /// Renders the error page of a problem.
    pub(crate) fn problem(
        &self,
        visitor: &Visitor,
        problem: &Problem,
        asked: PageRequest,
    ) -> Response {
        fill_content(self.refuse(visitor, &ErrorPage::new(problem), problem), asked)
    }
}

/// Makes HTMX show the whole content of a page instead of the part that the request selects.
pub(crate) fn fill_content(mut response: Response, asked: PageRequest) -> Response {
    if asked == PageRequest::Htmx {
        let headers = response.headers_mut();
        headers.insert(HX_RETARGET, HeaderValue::from_static("#content"));
        headers.insert(HX_RESELECT, HeaderValue::from_static("#content"));
    }
    response
}

/// Redirects a browser to a path of this site.
pub(crate) fn redirect(path: &str, asked: PageRequest) -> Response {
    let (status, name) = match asked {
        PageRequest::Navigation => (StatusCode::SEE_OTHER, header::LOCATION),
        PageRequest::Htmx => (StatusCode::NO_CONTENT, HX_REDIRECT),
    };
    Response::builder().status(status).header(name, path).finish()
}

/// Redirects a browser to a path of this site, where the page says once what has happened.
pub(crate) fn redirect_with(
    path: &str,
    notice: Notice,
    asked: PageRequest,
    cookies: &CookieSlot,
) -> Response {
    cookies.announce(notice);
    redirect(path, asked)
}
