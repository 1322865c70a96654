//! Constant bodies and compression.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use futures_util::stream;
use poem::{
    Body, FromRequest, Request, RequestBody, Response,
    http::{HeaderMap, HeaderValue, header},
};
use sha2::{Digest, Sha256};

/// Compressing a body below this size, in bytes, saves less than one packet.
const MIN_BYTES: usize = 1024;

const PART_BYTES: usize = 32 * 1024;

/// One year, for content that never changes (RFC 8246).
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// One day, for files at fixed paths, which change only with a new version.
const FOR_A_DAY: HeaderValue = HeaderValue::from_static("public, max-age=86400");

/// A body that all responses share, plain and compressed.
pub(crate) struct Constant {
    content_type: &'static str,
    plain: Bytes,
    gzip: Option<Bytes>,
}

impl Constant {
    pub(crate) fn new(content_type: &'static str, plain: impl Into<Bytes>) -> Self {
        let plain = plain.into();
        let gzip = gzip(&plain, Compression::best()).map(Into::into);
        Self { content_type, plain, gzip }
    }

    /// Returns a name with a hash of the content: `style-0123456789abcdef.css`.
    pub(crate) fn hashed_name(&self, stem: &str, extension: &str) -> String {
        let digest = Sha256::digest(&self.plain);
        let digest = base16ct::lower::encode_string(&digest[..8]);
        format!("{stem}-{digest}.{extension}")
    }

    pub(crate) fn respond(&self, accepts: AcceptsGzip) -> Response {
        let response = Response::builder()
            .content_type(self.content_type)
            .header(header::VARY, "Accept-Encoding");
        match &self.gzip {
            Some(gzip) if accepts.0 => response
                .header(header::CONTENT_ENCODING, "gzip")
                .header(header::CONTENT_LENGTH, gzip.len())
                .body(shared(gzip)),
            _ => {
                response.header(header::CONTENT_LENGTH, self.plain.len()).body(shared(&self.plain))
            }
        }
    }

    /// Returns a response that caches may keep forever. The path must contain the [`hashed_name`](Self::hashed_name).
    pub(crate) fn respond_forever(&self, accepts: AcceptsGzip) -> Response {
        self.respond_cached(accepts, FOREVER)
    }

    /// Returns a response that caches may keep for a day.
    pub(crate) fn respond_for_a_day(&self, accepts: AcceptsGzip) -> Response {
        self.respond_cached(accepts, FOR_A_DAY)
    }

    fn respond_cached(&self, accepts: AcceptsGzip, lifetime: HeaderValue) -> Response {
        let mut response = self.respond(accepts);
        response.headers_mut().insert(header::CACHE_CONTROL, lifetime);
        response
    }
}

/// Returns a body in parts, because the server copies each part into the buffer of the connection.
fn shared(bytes: &Bytes) -> Body {
    let parts = (0..bytes.len()).step_by(PART_BYTES);
    let bytes = bytes.clone();
    Body::from_bytes_stream(stream::iter(parts.map(move |start| {
        let end = bytes.len().min(start + PART_BYTES);
        Ok::<_, io::Error>(bytes.slice(start..end))
    })))
}

/// Whether the client accepts a gzip body (RFC 9110, section 12.5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AcceptsGzip(bool);

impl AcceptsGzip {
    pub(crate) const NO: Self = Self(false);

    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::ACCEPT_ENCODING).iter();
        let codings =
            values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        let mut any = false;
        for coding in codings {
            let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
            let weight = parameters.trim().strip_prefix("q=").map(str::parse::<f32>);
            let accepted = !matches!(weight, Some(Ok(weight)) if weight <= 0.0);
            match name.trim() {
                name if name.eq_ignore_ascii_case("gzip") => return Self(accepted),
                "*" => any = accepted,
                _ => {}
            }
        }
        Self(any)
    }
}

impl<'a> FromRequest<'a> for AcceptsGzip {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> poem::Result<Self> {
        Ok(Self::of(request.headers()))
    }
}

/// Compresses a page. Pages contain no secrets that their compressed size could reveal (BREACH). Responses with tokens are
/// JSON and are not compressed.
pub(crate) async fn compress_page(response: &mut Response, accepts: AcceptsGzip) {
    let is_page = response.content_type().is_some_and(|kind| kind.starts_with("text/html"));
    if !is_page || response.headers().contains_key(header::CONTENT_ENCODING) {
        return;
    }
    response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if !accepts.0 {
        return;
    }
    // The body of a page is in memory, so reading it neither blocks nor fails.
    let Ok(plain) = response.take_body().into_bytes().await else { return };
    match gzip(&plain, Compression::default()) {
        Some(gzip) => {
            response
                .headers_mut()
                .insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            response.set_body(gzip);
        }
        None => response.set_body(plain),
    }
}

fn gzip(plain: &[u8], level: Compression) -> Option<Vec<u8>> {
    if plain.len() < MIN_BYTES {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 3), level);
    encoder.write_all(plain).ok()?;
    encoder.finish().ok().filter(|gzip| gzip.len() < plain.len())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    fn accepts(values: &[&'static str]) -> bool {
        let values = values.iter().map(|value| HeaderValue::from_static(value));
        let headers = values.map(|value| (header::ACCEPT_ENCODING, value)).collect();
        AcceptsGzip::of(&headers).0
    }

    #[test]
    fn gzip_is_accepted_if_listed_with_a_weight_above_0() {
        for yes in ["gzip", "GZIP", "br, gzip;q=0.5", "gzip; q=1", "*", "identity;q=0, *;q=0.1"] {
            assert!(accepts(&[yes]), "{yes}");
        }
        for no in ["", "br", "gzip;q=0", "gzip;q=0.0, *", "*;q=0", "gzipped", "identity"] {
            assert!(!accepts(&[no]), "{no}");
        }
        assert!(!accepts(&[]));
        assert!(accepts(&["br", "gzip"]));
    }

    #[tokio::test]
    async fn constant_is_the_same_plain_and_compressed() {
        let text = "all the same ".repeat(500);
        let constant = Constant::new("text/plain", text.clone());
        let body = async |accepts| constant.respond(accepts).into_body().into_vec().await.unwrap();
        let (plain, gzip) = (body(AcceptsGzip(false)).await, body(AcceptsGzip(true)).await);
        assert_eq!(plain, text.as_bytes());
        assert!(gzip.len() < plain.len() / 10);
        let mut read = String::new();
        GzDecoder::new(&*gzip).read_to_string(&mut read).unwrap();
        assert_eq!(read, text);
        assert!(Constant::new("text/plain", "short").gzip.is_none());
    }
}
