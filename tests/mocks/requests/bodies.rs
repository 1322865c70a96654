//! Bodies that cannot be read.

use coach_tests::PASSWORD;
use serde_json::json;

use super::{JSON, anonymous, send};
use crate::fixture::EMAIL;

#[tokio::test]
async fn malformed_json_is_refused() {
    let anonymous = anonymous().await;
    let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let bodies: [&[u8]; 10] = [
        b"",
        b"{",
        b"{\"email\":}",
        b"{\"email\": NaN}",
        b"{'email': 1}",
        b"\xef\xbb\xbf{}",
        b"{\"email\": \"\xff\"}",
        b"{\"email\": \"\\ud800\"}",
        b"{} {}",
        nested.as_bytes(),
    ];
    for path in ["/auth/register", "/auth/login"] {
        for body in bodies {
            let answer = send(&anonymous, path, &[JSON], body.to_vec()).await;
            let shown = String::from_utf8_lossy(&body[..body.len().min(40)]);
            assert_eq!(
                (answer.status, answer.problem().as_str()),
                (400, "malformed-body"),
                "{shown}"
            );
            // The words of the parser.
            for word in ["EOF", "expected", "recursion", "parsing"] {
                assert!(!answer.text.contains(word), "{}", answer.text);
            }
        }
    }
}

#[tokio::test]
async fn json_other_than_an_object_is_invalid() {
    let anonymous = anonymous().await;
    for path in ["/auth/register", "/auth/login"] {
        for body in
            [json!(null), json!([]), json!([EMAIL, PASSWORD]), json!("text"), json!(1), json!(true)]
        {
            let answer = anonymous.post(path, body.clone()).await;
            assert_eq!(
                (answer.status, answer.problem().as_str()),
                (422, "invalid-input"),
                "{body}"
            );
        }
    }
}

#[tokio::test]
async fn body_in_another_format_is_an_unsupported_media_type() {
    let anonymous = anonymous().await;
    let body = json!({"email": EMAIL, "password": PASSWORD}).to_string();
    let cases: [&[(&str, &str)]; 10] = [
        &[],
        &[("content-type", "text/plain")],
        &[("content-type", "multipart/form-data; boundary=x")],
        &[("content-type", "application/xml")],
        &[("content-type", "application/json; charset=utf-16")],
        &[("content-type", "application/jsonp")],
        &[("content-type", "nonsense")],
        &[JSON, ("content-encoding", "gzip")],
        &[JSON, ("content-encoding", "br")],
        // RFC 9110, section 8.4.1 reserves it for Accept-Encoding.
        &[JSON, ("content-encoding", "identity")],
    ];
    for path in ["/auth/register", "/auth/login", "/auth/logout"] {
        for headers in cases {
            let answer = send(&anonymous, path, headers, body.clone()).await;
            let problem = (answer.status, answer.problem());
            assert_eq!(problem, (415, "unsupported-media-type".to_owned()), "{path} {headers:?}");
        }
    }
    for content_type in [
        "application/json;charset=UTF-8",
        "Application/JSON",
        "application/json; charset=\"utf-8\"",
    ] {
        let answer =
            send(&anonymous, "/auth/login", &[("content-type", content_type)], body.clone()).await;
        assert_eq!(answer.status, 200, "{content_type}");
    }
}

#[tokio::test]
async fn body_over_64_kib_is_too_large_with_and_without_a_length() {
    let anonymous = anonymous().await;
    let body = |bytes: usize| {
        let empty = json!({"email": EMAIL, "password": PASSWORD, "x": ""}).to_string();
        json!({"email": EMAIL, "password": PASSWORD, "x": "x".repeat(bytes - empty.len())})
            .to_string()
    };
    let limit = 64 * 1024;
    assert_eq!(send(&anonymous, "/auth/login", &[JSON], body(limit)).await.status, 200);
    for path in ["/auth/register", "/auth/login", "/auth/logout"] {
        let answer = send(&anonymous, path, &[JSON], body(limit + 1)).await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (413, "payload-too-large"),
            "{path}"
        );
    }
    let chunked = |body: String| {
        let chunks = body
            .into_bytes()
            .chunks(1000)
            .map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec()))
            .collect::<Vec<_>>();
        reqwest::Body::wrap_stream(futures_util::stream::iter(chunks))
    };
    assert_eq!(send(&anonymous, "/auth/login", &[JSON], chunked(body(limit))).await.status, 200);
    let answer = send(&anonymous, "/auth/login", &[JSON], chunked(body(limit + 1))).await;
    assert_eq!((answer.status, answer.problem().as_str()), (413, "payload-too-large"));
}
