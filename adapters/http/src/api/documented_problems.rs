//! Problems as the OpenAPI document describes them.

use poem_openapi::{
    Object,
    registry::{MetaMediaType, MetaResponse, MetaResponses},
    types::Type,
};

/// RFC 9457 problem details.
#[derive(Object)]
#[oai(rename = "Problem")]
#[allow(dead_code, reason = "describes what `problem.rs` writes")]
pub(super) struct ProblemSchema {
    /// Names the kind of problem; stable.
    #[oai(rename = "type")]
    kind: String,
    /// The kind in a few words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What went wrong, as a sentence for a person.
    detail: String,
    /// Every field that is not valid, with the reason.
    #[oai(skip_serializing_if_is_none)]
    errors: Option<Vec<FieldErrorSchema>>,
}

/// A field that is not valid.
#[derive(Object)]
#[oai(rename = "FieldError")]
#[allow(dead_code, reason = "describes what `problem.rs` writes")]
pub(super) struct FieldErrorSchema {
    /// The member's name.
    field: String,
    /// What is wrong with it, as a sentence for a person.
    message: String,
}

/// Declares the problems of an operation: the statuses that the document lists, and the errors of the core that
/// become them.
macro_rules! problems {
    ($name:ident: $($status:literal)+, from $($error:ty)+) => {
        pub(super) struct $name($crate::problem::Problem);

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
                $crate::api::documented_problems::meta(&[$($status),+])
            }

            fn register(registry: &mut poem_openapi::registry::Registry) {
                use poem_openapi::types::Type;
                $crate::api::documented_problems::ProblemSchema::register(registry);
            }
        }
    };
}
pub(super) use problems;

pub(super) fn meta(statuses: &[u16]) -> MetaResponses {
    let response = |status: &u16| MetaResponse {
        description: description(*status),
        status: Some(*status),
        status_range: None,
        content: vec![MetaMediaType {
            content_type: "application/problem+json",
            schema: ProblemSchema::schema_ref(),
        }],
        headers: Vec::new(),
    };
    MetaResponses { responses: statuses.iter().map(response).collect() }
}

fn description(status: u16) -> &'static str {
    match status {
        400 => "The request is malformed.",
        401 => "No, or no valid, credential.",
        403 => "The account is inactive, or the request comes from a page of another site.",
        408 => "The body did not arrive in time.",
        409 => "The e-mail address is already registered.",
        413 => "The body is over 64 KiB.",
        415 => "The body is not JSON, or is encoded.",
        422 => "A field is missing, of the wrong type or not valid.",
        503 => "The database cannot be reached, or too much password work is waiting.",
        _ => "",
    }
}
