use std::marker::PhantomData;

use poem::{
    IntoResponse, Response,
    error::ResponseError,
    http::{HeaderValue, header},
};
use poem_openapi::{
    payload::Payload,
    registry::{MetaSchemaRef, Registry},
    types::Type,
};
use serde::Serialize;

use crate::{
    request::JSON,
    response::{AcceptsGzip, Constant, Problem},
};

const JSON_VALUE: HeaderValue = HeaderValue::from_static(JSON);

/// A JSON body. Its media type has no charset parameter (RFC 8259, section 11), unlike that of Poem's own payload.
pub(super) struct Json<T>(pub(super) T);

/// A JSON body that never changes. `T` describes it.
pub(super) struct ConstantJson<T> {
    response: Response,
    described_by: PhantomData<fn() -> T>,
}

impl<T> ConstantJson<T> {
    pub(super) fn new(constant: &Constant) -> Self {
        let response = constant.respond(AcceptsGzip::NO);
        Self { response, described_by: PhantomData }
    }
}

/// Serializes into bytes at once. Poem's own way builds a tree of JSON values first.
impl<T: Serialize + Send> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => Response::builder().header(header::CONTENT_TYPE, JSON_VALUE).body(body),
            Err(_) => Problem::internal().as_response(),
        }
    }
}

impl<T: Type> IntoResponse for ConstantJson<T> {
    fn into_response(self) -> Response {
        self.response
    }
}

macro_rules! json_payload {
    ($name:ident) => {
        impl<T: Type + Send> Payload for $name<T> {
            const CONTENT_TYPE: &'static str = JSON;

            fn schema_ref() -> MetaSchemaRef {
                T::schema_ref()
            }

            fn register(registry: &mut Registry) {
                T::register(registry);
            }
        }
    };
}
json_payload!(Json);
json_payload!(ConstantJson);
