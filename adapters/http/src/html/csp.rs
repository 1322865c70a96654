use poem::http::HeaderValue;

use super::assets::Cdn;

/// Returns a policy that allows only files of this server and the exact files from the CDN (ASVS 5.0, 3.4.3).
pub(super) fn content_security_policy(cdn: Option<&Cdn>) -> HeaderValue {
    let [scripts, styles, fonts] = cdn.map(Cdn::sources).unwrap_or_default();
    let fonts = if fonts.is_empty() { "'none'" } else { &fonts };
    let policy = format!(
        "default-src 'none'; script-src 'self' {scripts}; style-src 'self' {styles}; font-src {fonts}; img-src 'self'; \
         connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy.replace(" ;", ";"))
        .unwrap_or(HeaderValue::from_static("default-src 'none'"))
}
