//! The files that pages load: from this server under hashed names, and from the CDN at pinned versions.

use std::sync::LazyLock;

use poem::{Response, handler, web::Path};
use serde::Serialize;

use crate::response::{AcceptsGzip, Constant, Problem};

const PREFIX: &str = "/assets/";

/// The colour of the header in the light and the dark theme. Phones colour their address bar with it.
pub(super) const THEME_COLORS: [&str; 2] = [env!("THEME_COLOR_LIGHT"), env!("THEME_COLOR_DARK")];

/// Embeds a file of `templates/assets`.
macro_rules! embedded {
    ($name:literal) => {
        &include_bytes!(concat!("../../../../templates/assets/", $name))[..]
    };
}
pub(super) use embedded;

/// The scripts that run once the page is parsed.
const PAGES_JS: &str = concat!(
    include_str!("../../../../templates/assets/pages.js"),
    include_str!("../../../../templates/assets/times.js"),
    include_str!("../../../../templates/assets/account.js"),
);

/// A file with its name without the hash.
struct Asset {
    stem: &'static str,
    name: String,
    content: Constant,
}

static ASSETS: LazyLock<[Asset; 7]> = LazyLock::new(|| {
    let file = |stem, extension, content_type, content: &'static [u8]| {
        let content = Constant::new(content_type, content);
        Asset { stem, name: content.hashed_name(stem, extension), content }
    };
    let css = include_bytes!(concat!(env!("OUT_DIR"), "/stylesheet.css"));
    let js = "text/javascript; charset=utf-8";
    [
        file("style", "css", "text/css; charset=utf-8", css),
        file("theme", "js", js, embedded!("theme.js")),
        file("pages", "js", js, PAGES_JS.as_bytes()),
        file("icon", "svg", "image/svg+xml", embedded!("icon.svg")),
        file("icon-192", "png", "image/png", embedded!("icon-192.png")),
        file("icon-512", "png", "image/png", embedded!("icon-512.png")),
        file("icon-maskable", "png", "image/png", embedded!("icon-maskable.png")),
    ]
});

#[handler]
pub(crate) async fn asset(name: Path<String>, accepts: AcceptsGzip) -> poem::Result<Response> {
    let found = ASSETS.iter().find(|file| file.name == *name).ok_or_else(Problem::not_found)?;
    Ok(found.content.respond_forever(accepts))
}

/// Returns the path of the asset with this stem.
pub(super) fn path(stem: &str) -> String {
    let found = ASSETS.iter().find(|file| file.stem == stem);
    format!("{PREFIX}{}", found.map_or("", |file| &file.name))
}

/// The addresses of the files that pages load, and the colours of the address bar.
#[derive(Clone, Serialize)]
pub(crate) struct Assets {
    pub(crate) stylesheet: String,
    pub(crate) theme_script: String,
    pub(crate) script: String,
    pub(crate) icon: String,
    /// The picture of a link to a page.
    pub(crate) picture: String,
    pub(crate) theme_colors: [&'static str; 2],
    pub(crate) cdn: Option<Cdn>,
}

/// The files from the CDN. Pages work without them.
#[derive(Clone, Serialize)]
pub(crate) struct Cdn {
    htmx: Subresource,
    fonts: Vec<Subresource>,
    /// The files that the stylesheets of the fonts load. The policy must allow each of them.
    #[serde(skip)]
    font_files: Vec<String>,
}

/// A remote file. Browsers refuse it if its digest differs (W3C Subresource Integrity).
#[derive(Clone, Serialize)]
struct Subresource {
    url: String,
    integrity: &'static str,
}

const HTMX: (&str, &str) = (
    "htmx.org@4.0.1/dist/htmx.min.js",
    "sha384-Qp9rdC8H7EqOoX+nR0P3RPG2Noji+qdwJlGpfzwQJsfOpp3sGwIdSP9xO3+UlEhn",
);

/// Family, version, subset with weight, and digest of the stylesheet, for each weight of the type scale. Other scripts than
/// Latin use system fonts.
const FONTS: [(&str, &str, &str, &str); 4] = [
    (
        "geist-sans",
        "5.3.0",
        "latin-400",
        "sha384-ScOaEQyMgtMsSNS4qHqqM9GRGz8UQLhtIeSimqMOM/1xRIQNLYFcvd6D+tVCf0aS",
    ),
    (
        "geist-sans",
        "5.3.0",
        "latin-600",
        "sha384-OK+YnlyAOoqswW/hfucQbz2XzdSGwAsYJ436172/kN1buYNmjPgBRyu/VgCXzE0D",
    ),
    (
        "geist-sans",
        "5.3.0",
        "latin-700",
        "sha384-0YS+CNsIpn0PK/1oF2+1yDEZFuqPn9ztD295FN4Xlq5Gm7DH82++IcVcGA/Nze+5",
    ),
    (
        "jetbrains-mono",
        "5.3.0",
        "latin-400",
        "sha384-rDtx9NW9VQWFrGIe8txtelRagz09ojKYLeaff45i3hEq7ofdZdkNlxVO8XCT5yPu",
    ),
];

impl Assets {
    /// Returns the addresses. `cdn_url` is a server of npm packages below `/npm/`, like the public CDN.
    pub(crate) fn new(cdn_url: Option<&str>) -> Self {
        Self {
            stylesheet: path("style"),
            theme_script: path("theme"),
            script: path("pages"),
            icon: path("icon"),
            picture: path("icon-512"),
            theme_colors: THEME_COLORS,
            cdn: cdn_url.map(Cdn::at),
        }
    }
}

impl Cdn {
    fn at(url: &str) -> Self {
        let packages = format!("{}/npm", url.trim_end_matches('/'));
        let font = |(family, version, subset, integrity)| {
            let package = format!("{packages}/@fontsource/{family}@{version}");
            let style = Subresource { url: format!("{package}/{subset}.css"), integrity };
            let file = format!("{package}/files/{family}-{subset}-normal");
            (style, format!("{file}.woff2 {file}.woff"))
        };
        let (fonts, font_files) = FONTS.into_iter().map(font).unzip();
        let (htmx, integrity) = HTMX;
        let htmx = Subresource { url: format!("{packages}/{htmx}"), integrity };
        Self { htmx, fonts, font_files }
    }

    /// Returns the scripts, styles and fonts for the Content-Security-Policy. It must name exact files, because the public CDN
    /// serves every npm package.
    pub(super) fn sources(&self) -> [String; 3] {
        let styles: Vec<_> = self.fonts.iter().map(|font| font.url.as_str()).collect();
        [self.htmx.url.clone(), styles.join(" "), self.font_files.join(" ")]
    }
}
