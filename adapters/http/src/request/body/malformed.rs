//! What is wrong with a body that is not JSON, in words that do not depend on the parser and its version.

use serde_json::error::Category;

use super::json::MAX_DEPTH;
use crate::response::{Problem, ProblemType};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Returns the problem of a body that the parser refused. Lines, columns and positions start at 1. A column counts bytes.
pub(super) fn problem(body: &[u8], error: &serde_json::Error) -> Problem {
    let detail = if body.trim_ascii().is_empty() {
        "The request body is empty. Send a JSON object.".to_owned()
    } else if body.starts_with(BYTE_ORDER_MARK) {
        "The request body starts with a byte order mark. Send it without one.".to_owned()
    } else if let Err(error) = str::from_utf8(body) {
        let position = error.valid_up_to() + 1;
        format!("The request body is not UTF-8. The first wrong byte is at position {position}.")
    } else {
        let place = format!("line {}, column {}", error.line(), error.column());
        match error.classify() {
            Category::Eof => format!(
                "The JSON in the request body ends too early, at {place}. Close every string, array and object."
            ),
            // The only rule of ours. Types are checked field by field.
            Category::Data => format!(
                "The JSON in the request body is nested more than {MAX_DEPTH} levels deep, at {place}."
            ),
            Category::Syntax | Category::Io => {
                format!("The request body cannot be read as JSON. The error is at {place}.")
            }
        }
    };
    Problem::new(ProblemType::MalformedBody, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::body::json::parse;

    #[test]
    fn detail_says_what_is_wrong_and_where() {
        let deep = "[".repeat(200);
        let nested = format!("{{\n\"x\": {}1{}}}", "[".repeat(100), "]".repeat(100));
        for (body, detail) in [
            (&b""[..], "The request body is empty. Send a JSON object."),
            (b" \r\n", "The request body is empty. Send a JSON object."),
            (
                b"\xef\xbb\xbf{}",
                "The request body starts with a byte order mark. Send it without one.",
            ),
            (
                b"{\"email\": \"\xff\"}",
                "The request body is not UTF-8. The first wrong byte is at position 12.",
            ),
            (
                b"{\"email\":",
                "The JSON in the request body ends too early, at line 1, column 9. Close every string, array and object.",
            ),
            (
                b"{\n  \"email\": \"a",
                "The JSON in the request body ends too early, at line 2, column 13. Close every string, array and object.",
            ),
            (
                b"{\"email\":}",
                "The request body cannot be read as JSON. The error is at line 1, column 10.",
            ),
            (
                b"{\n'email': 1}",
                "The request body cannot be read as JSON. The error is at line 2, column 1.",
            ),
            (b"{} x", "The request body cannot be read as JSON. The error is at line 1, column 4."),
            (
                b"{\"x\": 1e999}",
                "The request body cannot be read as JSON. The error is at line 1, column 11.",
            ),
            (
                deep.as_bytes(),
                "The JSON in the request body is nested more than 100 levels deep, at line 1, column 101.",
            ),
            (
                nested.as_bytes(),
                "The JSON in the request body is nested more than 100 levels deep, at line 2, column 105.",
            ),
        ] {
            let problem = parse(body).err().unwrap();
            assert_eq!(problem.kind(), ProblemType::MalformedBody);
            assert_eq!(problem.detail(), detail, "{}", String::from_utf8_lossy(body));
        }
    }
}
