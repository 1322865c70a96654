use poem::{Request, RequestBody};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions,
    registry::{MetaMediaType, MetaRequest, Registry},
    types::Type,
};
use serde_json::{Map, Value};

use super::body::{FORM, Fields, ReadFields};

/// The query of an API request (URL Standard, section 5, `application/x-www-form-urlencoded`), read like a body. `T`
/// describes and parses it.
pub(crate) struct ApiQuery<T: ReadFields>(pub(crate) T::Read);

/// Returns the fields of the query of a page.
pub(crate) fn query_fields(request: &Request) -> Fields {
    parse(request.uri().query().unwrap_or_default())
}

/// Reads a query. The standard has no malformed one: bytes that cannot be decoded become U+FFFD.
fn parse(query: &str) -> Fields {
    let (mut values, mut repeated) = (Map::new(), Vec::new());
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let (name, value) = (name.into_owned(), Value::String(value.into_owned()));
        if values.insert(name.clone(), value).is_some() {
            repeated.push(name);
        }
    }
    Fields::of_texts(values, repeated)
}

impl<'a, T: Type + ReadFields> ApiExtractor<'a> for ApiQuery<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    /// Describes the query as a body, because `poem-openapi` has no objects of parameters. `api::document` turns the members
    /// into parameters.
    fn request_meta() -> Option<MetaRequest> {
        let content = vec![MetaMediaType { content_type: FORM, schema: T::schema_ref() }];
        Some(MetaRequest { description: None, content, required: false })
    }

    async fn from_request(
        request: &'a Request,
        _body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        Ok(T::read(query_fields(request)).map(Self)?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(query: &str, field: &'static str) -> Option<String> {
        parse(query).optional_text(field)
    }

    #[test]
    fn query_is_decoded() {
        let query = "limit=20&category=Product+sense%21&empty=&bare&&x=1=2&bad=%zz%ff";
        for (field, value) in [
            ("limit", "20"),
            ("category", "Product sense!"),
            ("empty", ""),
            ("bare", ""),
            ("x", "1=2"),
            ("bad", "%zz\u{fffd}"),
        ] {
            assert_eq!(text(query, field).as_deref(), Some(value), "{field}");
        }
        assert_eq!(text("", "x"), None);
    }

    #[test]
    fn repeated_parameter_is_named() {
        for query in ["a=1&a=2", "a=1&%61=1", "a&b=1&a"] {
            let problem = parse(query).finish(Some(())).unwrap_err();
            assert_eq!(problem.errors()[0].field, "a", "{query}");
        }
    }

    proptest! {
        #[test]
        fn any_query_parses_without_a_panic(query: String) {
            let _ = parse(&query);
        }
    }
}
