//! What pages load: from this server, under names that change with the content, and from the CDN at pinned versions.

use std::sync::LazyLock;

use poem::{
    Response, handler,
    http::{HeaderValue, header},
    web::Path,
};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::problem::Problem;

pub(super) const PREFIX: &str = "/assets/";

/// A year: the most that caches honour, for what never changes (RFC 8246).
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

struct Asset {
    name: String,
    content_type: &'static str,
    content: &'static [u8],
}

impl Asset {
    fn new(
        stem: &str,
        extension: &str,
        content_type: &'static str,
        content: &'static [u8],
    ) -> Self {
        let digest: String =
            Sha256::digest(content).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { name: format!("{stem}-{digest}.{extension}"), content_type, content }
    }

    fn path(&self) -> String {
        format!("{PREFIX}{}", self.name)
    }
}

static ASSETS: LazyLock<[Asset; 3]> = LazyLock::new(|| {
    [
        Asset::new(
            "style",
            "css",
            "text/css; charset=utf-8",
            include_bytes!(concat!(env!("OUT_DIR"), "/stylesheet.css")),
        ),
        Asset::new(
            "pages",
            "js",
            "text/javascript; charset=utf-8",
            include_bytes!("../../../../templates/assets/pages.js"),
        ),
        Asset::new(
            "icon",
            "svg",
            "image/svg+xml",
            include_bytes!("../../../../templates/assets/icon.svg"),
        ),
    ]
});

#[handler]
pub(super) async fn asset(name: Path<String>) -> poem::Result<Response> {
    let asset = ASSETS.iter().find(|asset| asset.name == *name).ok_or_else(Problem::not_found)?;
    Ok(Response::builder()
        .content_type(asset.content_type)
        .header(header::CACHE_CONTROL, FOREVER)
        .body(asset.content))
}

/// Where every page finds what it loads.
#[derive(Clone, Serialize)]
pub(super) struct Assets {
    pub(super) stylesheet: String,
    pub(super) script: String,
    pub(super) icon: String,
    pub(super) cdn: Option<Cdn>,
}

/// What comes from the CDN. A page is complete without it.
#[derive(Clone, Serialize)]
pub(super) struct Cdn {
    htmx: Subresource,
    fonts: Vec<Subresource>,
}

/// A file elsewhere, which the browser refuses unless it is the very one (W3C Subresource Integrity).
#[derive(Clone, Serialize)]
struct Subresource {
    url: String,
    integrity: &'static str,
}

const HTMX: (&str, &str) = (
    "htmx.org@4.0.1/dist/htmx.min.js",
    "sha384-Qp9rdC8H7EqOoX+nR0P3RPG2Noji+qdwJlGpfzwQJsfOpp3sGwIdSP9xO3+UlEhn",
);

/// The weights that the type scale has, in Latin: for other scripts there are the system's fonts.
const FONTS: [(&str, &str); 4] = [
    (
        "@fontsource/geist-sans@5.3.0/latin-400.css",
        "sha384-ScOaEQyMgtMsSNS4qHqqM9GRGz8UQLhtIeSimqMOM/1xRIQNLYFcvd6D+tVCf0aS",
    ),
    (
        "@fontsource/geist-sans@5.3.0/latin-600.css",
        "sha384-OK+YnlyAOoqswW/hfucQbz2XzdSGwAsYJ436172/kN1buYNmjPgBRyu/VgCXzE0D",
    ),
    (
        "@fontsource/geist-sans@5.3.0/latin-700.css",
        "sha384-0YS+CNsIpn0PK/1oF2+1yDEZFuqPn9ztD295FN4Xlq5Gm7DH82++IcVcGA/Nze+5",
    ),
    (
        "@fontsource/jetbrains-mono@5.3.0/latin-400.css",
        "sha384-rDtx9NW9VQWFrGIe8txtelRagz09ojKYLeaff45i3hEq7ofdZdkNlxVO8XCT5yPu",
    ),
];

impl Assets {
    /// `cdn_url` serves npm packages as the public CDN does, below `/npm/`.
    pub(super) fn new(cdn_url: Option<&str>) -> Self {
        let [stylesheet, script, icon] = &*ASSETS;
        Self {
            stylesheet: stylesheet.path(),
            script: script.path(),
            icon: icon.path(),
            cdn: cdn_url.map(Cdn::at),
        }
    }
}

impl Cdn {
    fn at(url: &str) -> Self {
        let subresource = |(path, integrity): (&str, &'static str)| Subresource {
            url: format!("{}/npm/{path}", url.trim_end_matches('/')),
            integrity,
        };
        Self { htmx: subresource(HTMX), fonts: FONTS.map(subresource).into() }
    }
}
