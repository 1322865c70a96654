//! The files that browsers and crawlers look for at fixed paths.

use std::sync::LazyLock;

use poem::{Request, Response, handler};
use serde_json::json;

use super::assets;
use crate::response::{AcceptsGzip, Constant, Problem};

/// Crawlers may open what anyone can. `/account` leads them to the sign-in page.
const ROBOTS: &str = "User-agent: *
Allow: /$
Allow: /account$
Allow: /auth/login
Allow: /auth/new-password
Allow: /auth/register
Allow: /docs
Allow: /openapi.json
Allow: /problems/
Allow: /assets/
Disallow: /
";

static FILES: LazyLock<[(&str, Constant); 4]> = LazyLock::new(|| {
    [
        ("/favicon.ico", Constant::new("image/x-icon", assets::embedded!("favicon.ico"))),
        (
            "/apple-touch-icon.png",
            Constant::new("image/png", assets::embedded!("apple-touch-icon.png")),
        ),
        ("/manifest.webmanifest", Constant::new("application/manifest+json", manifest())),
        ("/robots.txt", Constant::new("text/plain; charset=utf-8", ROBOTS)),
    ]
});

#[handler]
pub(crate) fn site_file(request: &Request, accepts: AcceptsGzip) -> poem::Result<Response> {
    let file = FILES.iter().find(|(path, _)| *path == request.uri().path());
    let (_, constant) = file.ok_or_else(Problem::not_found)?;
    Ok(constant.respond_for_a_day(accepts))
}

/// Returns the manifest, for browsers that install the site as an app (W3C, Web Application Manifest).
fn manifest() -> String {
    let png = |stem: &str, size: &str, purpose: &str| json!({"src": assets::path(stem), "sizes": size, "type": "image/png", "purpose": purpose});
    json!({
        "name": "PM Interview Coach",
        "short_name": "PM Coach",
        "description": "Interview practice for product managers.",
        "lang": "en",
        "start_url": "/",
        "display": "minimal-ui",
        "background_color": assets::THEME_COLORS[0],
        "theme_color": assets::THEME_COLORS[0],
        "icons": [
            png("icon-192", "192x192", "any"),
            png("icon-512", "512x512", "any"),
            png("icon-maskable", "512x512", "maskable"),
        ],
    })
    .to_string()
}
