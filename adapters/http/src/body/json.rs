use std::marker::PhantomData;

use poem::{Request, RequestBody};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaMediaType, MetaRequest, Registry},
    types::Type,
};
use serde_json::Value;

use super::{Fields, JSON, check_headers, is_media_type, read};
use crate::problem::{Problem, ProblemType};

/// A JSON object. `T` describes it in the OpenAPI document; what it holds is read member by member.
pub(crate) struct JsonBody<T> {
    pub(crate) fields: Fields,
    described_by: PhantomData<T>,
}

impl<T> JsonBody<T> {
    async fn read(request: &Request, body: &mut RequestBody) -> Result<Self, Problem> {
        check_headers(request.headers())?;
        if !is_media_type(request, JSON) {
            let detail = "Send the body as JSON, with Content-Type: application/json.";
            return Err(Problem::new(ProblemType::UnsupportedMediaType, detail));
        }
        let bytes = read(body).await?;
        let value = serde_json::from_slice(&bytes).map_err(|error| {
            Problem::new(
                ProblemType::MalformedBody,
                format!("The body is not valid JSON: {error}."),
            )
        })?;
        match value {
            Value::Object(object) => {
                Ok(Self { fields: Fields::new(object), described_by: PhantomData })
            }
            _ => Err(Problem::new(ProblemType::InvalidInput, "The body must be a JSON object.")),
        }
    }
}

impl<'a, T: Type> ApiExtractor<'a> for JsonBody<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let content = vec![MetaMediaType { content_type: JSON, schema: T::schema_ref() }];
        Some(MetaRequest { description: None, content, required: true })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        Ok(Self::read(request, body).await?)
    }
}
