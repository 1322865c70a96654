//! The problems in the OpenAPI document.

use std::collections::BTreeMap;

use poem_openapi::{
    Object,
    registry::{MetaHeader, MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef},
    types::{Example, Type},
};
use serde_json::json;

use crate::response::{FieldError, MEDIA_TYPE, Problem, ProblemType};

/// An error (RFC 9457).
#[derive(Object)]
#[oai(rename = "Problem", example)]
#[allow(dead_code, reason = "describes what `response::Problem` writes")]
pub(super) struct ProblemSchema {
    /// A stable URI of the kind of problem. Opening it shows an explanation.
    #[oai(rename = "type")]
    kind: String,
    /// A short title of the kind.
    title: String,
    /// The HTTP status.
    status: i32,
    /// An explanation for a person.
    detail: String,
    /// Every invalid field, with the reason.
    #[oai(skip_serializing_if_is_none)]
    errors: Option<Vec<FieldErrorSchema>>,
}

impl Example for ProblemSchema {
    fn example() -> Self {
        Self {
            kind: "/problems/email-taken".to_owned(),
            title: "Email address taken".to_owned(),
            status: 409,
            detail: ProblemType::EmailTaken.describe().detail.to_owned(),
            errors: None,
        }
    }
}

/// An invalid field.
#[derive(Object)]
#[oai(rename = "FieldError", example)]
#[allow(dead_code, reason = "describes what `response::Problem` writes")]
pub(super) struct FieldErrorSchema {
    /// The name of the member.
    field: String,
    /// An explanation for a person.
    message: String,
}

impl Example for FieldErrorSchema {
    fn example() -> Self {
        Self { field: "password".to_owned(), message: "Enter a password.".to_owned() }
    }
}

/// Declares the problems of an operation: the kinds that the document lists, and the errors that convert into them.
macro_rules! problems {
    ($name:ident: $($kind:ident)+, from $($error:ty)+) => {
        pub(super) struct $name($crate::response::Problem);

        $(impl From<$error> for $name {
            fn from(error: $error) -> Self {
                Self(error.into())
            }
        })+

        impl From<$name> for poem::Error {
            fn from(problem: $name) -> Self {
                problem.0.into()
            }
        }

        impl poem_openapi::ApiResponse for $name {
            fn meta() -> poem_openapi::registry::MetaResponses {
                use $crate::response::ProblemType;
                $crate::api::documented_problems::meta(&[$(ProblemType::$kind),+])
            }

            fn register(registry: &mut poem_openapi::registry::Registry) {
                use poem_openapi::types::Type;
                $crate::api::documented_problems::ProblemSchema::register(registry);
            }
        }
    };
}
pub(super) use problems;

/// Returns one response for each status. `poem-openapi` does not support examples of responses. They are stored in a schema
/// around that of a problem, and [`document`](super::document) moves them to their place.
pub(super) fn meta(kinds: &[ProblemType]) -> MetaResponses {
    let mut by_status = BTreeMap::<u16, Vec<ProblemType>>::new();
    for kind in kinds {
        by_status.entry(kind.describe().status.as_u16()).or_default().push(*kind);
    }
    let response = |(status, kinds): (u16, Vec<ProblemType>)| MetaResponse {
        description: "",
        status: Some(status),
        status_range: None,
        content: vec![MetaMediaType { content_type: MEDIA_TYPE, schema: with_examples(&kinds) }],
        headers: headers(&kinds),
    };
    MetaResponses { responses: by_status.into_iter().map(response).collect() }
}

fn with_examples(kinds: &[ProblemType]) -> MetaSchemaRef {
    let examples = kinds.iter().map(|kind| {
        let problem = match kind {
            ProblemType::InvalidInput => Problem::invalid_input(vec![
                FieldError::new("email", kind.describe().detail),
                FieldError::new("password", "Enter a password."),
            ]),
            kind => Problem::from(*kind),
        };
        let summary = kind.describe().meaning;
        (kind.describe().name.to_owned(), json!({ "summary": summary, "value": problem.body() }))
    });
    MetaSchemaRef::Inline(Box::new(MetaSchema {
        all_of: vec![ProblemSchema::schema_ref()],
        example: Some(examples.collect::<serde_json::Map<_, _>>().into()),
        ..MetaSchema::ANY
    }))
}

fn headers(kinds: &[ProblemType]) -> Vec<MetaHeader> {
    let header = |name: &str, description: &str, schema| MetaHeader {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        required: true,
        deprecated: false,
        schema,
    };
    let mut headers = Vec::new();
    if kinds.iter().any(|kind| kind.challenge().is_some()) {
        let description =
            "`Bearer`, with `error=\"invalid_token\"` if a token was sent (RFC 6750).";
        headers.push(header("WWW-Authenticate", description, String::schema_ref()));
    }
    if kinds.iter().any(|kind| kind.retry_after().is_some()) {
        let description = "The number of seconds after which to try again.";
        headers.push(header("Retry-After", description, i32::schema_ref()));
    }
    headers
}
