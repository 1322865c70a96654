use std::marker::PhantomData;

use poem::{IntoResponse, Response};
use poem_openapi::{
    payload::Payload,
    registry::{MetaSchemaRef, Registry},
    types::{ToJSON, Type},
};

use crate::{
    request::JSON,
    response::{AcceptsGzip, Constant},
};

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

impl<T: ToJSON> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        Response::builder().content_type(JSON).body(self.0.to_json_string())
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
