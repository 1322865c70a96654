//! The files of the pages, and the policy that allows them.

use coach_http::HttpSettings;
use coach_tests::http_settings;

use super::{anonymous, header};
use crate::headers::serve_with_settings;

/// ASVS 4.1.1.
#[tokio::test]
async fn assets_have_hashed_names_and_are_cached_permanently() {
    let anonymous = anonymous().await;
    let page = anonymous.visit("/").await;
    let paths: Vec<_> = page
        .text
        .split(['"', '\''])
        .map(|text| text.replace("&#x2f;", "/").replace("http://coach.example", ""))
        .filter(|path| path.starts_with("/assets"))
        .collect();
    for (stem, content_type) in [
        ("style-", "text/css; charset=utf-8"),
        ("theme-", "text/javascript; charset=utf-8"),
        ("pages-", "text/javascript; charset=utf-8"),
        (".svg", "image/svg+xml"),
        ("icon-512-", "image/png"),
    ] {
        let path = paths.iter().find(|path| path.contains(stem)).unwrap();
        let asset = anonymous.get(path).await;
        assert_eq!((asset.status, header(&asset, "content-type")), (200, content_type));
        assert_eq!(header(&asset, "cache-control"), "public, max-age=31536000, immutable");
        assert!(!asset.text.is_empty() && asset.header("set-cookie").is_none());
    }
    for path in ["/assets/style.css", "/assets/", "/assets/..%2fbase.html", "/assets/a/b"] {
        assert_eq!(anonymous.get(path).await.problem(), "not-found", "{path}");
    }
}

/// ASVS 3.4.3.
#[tokio::test]
async fn content_security_policy_allows_only_this_server_and_the_cdn() {
    let policy = async |cdn_url: Option<&str>| {
        let cdn_url = cdn_url.map(|url| url.parse().unwrap());
        let anonymous = serve_with_settings(HttpSettings { cdn_url, ..http_settings() }).await;
        let answer = anonymous.visit("/auth/login").await;
        (header(&answer, "content-security-policy").to_owned(), answer.text)
    };
    let (without, page) = policy(None).await;
    assert!(without.contains("script-src 'self'; style-src 'self'; font-src 'none'"), "{without}");
    assert!(!page.contains("integrity="));
    let (with, page) = policy(Some("https://mirror.example:8443/cdn/")).await;
    let page = page.replace("&#x2f;", "/");
    let packages = "https://mirror.example:8443/cdn/npm/";
    for source in with.split([' ', ';']).filter(|source| source.starts_with("https:")) {
        // The page does not name the fonts. The stylesheet does.
        let is_file = source.starts_with(packages) && !source.ends_with('/');
        assert!(is_file && (page.contains(source) || source.contains(".woff")), "{source}");
    }
    for directive in ["script-src", "style-src", "font-src"] {
        let sources = with.split(';').find(|sources| sources.contains(directive)).unwrap();
        assert!(sources.contains(packages), "{with}");
    }
    for policy in [with, without] {
        for directive in [
            "default-src 'none'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(directive), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
    }
}

/// ASVS 4.1.1.
#[tokio::test]
async fn files_at_fixed_paths_are_cached_for_a_day() {
    let anonymous = anonymous().await;
    for (path, content_type) in [
        ("/favicon.ico", "image/x-icon"),
        ("/apple-touch-icon.png", "image/png"),
        ("/manifest.webmanifest", "application/manifest+json"),
        ("/robots.txt", "text/plain; charset=utf-8"),
    ] {
        let file = anonymous.visit(path).await;
        assert_eq!((file.status, header(&file, "content-type")), (200, content_type));
        assert_eq!(header(&file, "cache-control"), "public, max-age=86400");
        assert!(!file.text.is_empty() && file.header("set-cookie").is_none());
    }
    let manifest = anonymous.get("/manifest.webmanifest").await.json();
    for icon in manifest["icons"].as_array().unwrap() {
        let icon = anonymous.get(icon["src"].as_str().unwrap()).await;
        assert_eq!((icon.status, header(&icon, "content-type")), (200, "image/png"));
    }
}

#[tokio::test]
async fn pages_describe_themselves_to_search_engines_and_other_sites() {
    let anonymous = anonymous().await;
    for path in ["/", "/auth/login", "/auth/register", "/problems/busy"] {
        let page = anonymous.visit(&format!("{path}?utm=1")).await.text.replace("&#x2f;", "/");
        for expected in [
            format!(r#"<link rel="canonical" href="http://coach.example{path}">"#),
            format!(r#"<meta property="og:url" content="http://coach.example{path}">"#),
            r#"<meta property="og:image" content="http://coach.example/assets/icon-512-"#
                .to_owned(),
            r#"<meta name="description" content=""#.to_owned(),
        ] {
            assert!(page.contains(&expected), "{path} {expected}: {page}");
        }
        assert!(!page.contains("noindex"));
    }
    let error = anonymous.visit("/nothing").await.text;
    assert!(error.contains("noindex") && !error.contains("canonical"));
}
