//! The OpenAPI document: the output of `poem-openapi`, completed with parts that it cannot express.

use serde_json::{Map, Value, json};

use super::service;
use crate::{
    request::{BEARER, COOKIE},
    response::MEDIA_TYPE,
};

/// The usual spelling of headers that `poem-openapi` writes in upper case.
const HEADERS: [&str; 2] = ["Cache-Control", "Location"];

/// Returns the document. `cookie` is the name of the session cookie, `token_format` the format of access tokens.
pub(crate) fn document(cookie: &str, token_format: &str) -> String {
    let mut document: Value = serde_json::from_str(&service().spec()).unwrap_or_default();
    let schemes = &mut document["components"]["securitySchemes"];
    schemes[COOKIE]["name"] = cookie.into();
    schemes[BEARER]["bearerFormat"] = token_format.into();
    let mut schemas = document["components"]["schemas"].take();
    for (name, schema) in schemas.as_object_mut().into_iter().flatten() {
        if !name.ends_with("Request") {
            require_nullable_members(schema);
        }
    }
    for (_, path) in members(&mut document, "paths") {
        for (method, operation) in path.as_object_mut().into_iter().flatten() {
            // `poem-openapi` omits the list for operations without credentials.
            if operation.get("security").is_none() {
                operation["security"] = json!([]);
            }
            if method == "get" {
                turn_body_into_parameters(operation, &mut schemas);
            }
            if let Some(body) = operation.get_mut("requestBody") {
                complete_content(body, &schemas);
            }
            for (_, response) in members(operation, "responses") {
                complete_response(response, &schemas);
            }
        }
    }
    document["components"]["schemas"] = schemas;
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

/// Iterates over the members of the object `name` in `value`, if it exists.
fn members<'a>(
    value: &'a mut Value,
    name: &str,
) -> impl Iterator<Item = (&'a String, &'a mut Value)> {
    value.get_mut(name).and_then(Value::as_object_mut).into_iter().flatten()
}

/// Describes the query of an operation, which `ApiQuery` describes as a body. Its schema is not needed any more.
fn turn_body_into_parameters(operation: &mut Value, schemas: &mut Value) {
    let Some(body) = operation.as_object_mut().and_then(|object| object.remove("requestBody"))
    else {
        return;
    };
    let content = body["content"].as_object().and_then(|content| content.values().next());
    let schema = content.and_then(|content| content["schema"]["$ref"].as_str());
    let name = schema.and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    let mut query = schemas.as_object_mut().and_then(|all| all.remove(name)).unwrap_or_default();
    let parameters = members(&mut query, "properties").map(|(name, schema)| {
        let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        json!({ "name": name, "in": "query", "description": description, "required": false, "schema": schema })
    });
    operation["parameters"] = parameters.collect();
}

/// Marks nullable members as required, because responses always contain them.
fn require_nullable_members(schema: &mut Value) {
    let nullable = members(schema, "properties")
        .filter(|(_, property)| property["nullable"] == true)
        .map(|(name, _)| name.as_str().into())
        .collect::<Vec<Value>>();
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.extend(nullable);
    }
}

fn complete_response(response: &mut Value, schemas: &Value) {
    let mut headers = Map::new();
    for (name, header) in members(response, "headers") {
        let usual = HEADERS.into_iter().find(|usual| usual.eq_ignore_ascii_case(name));
        headers.insert(usual.unwrap_or(name).to_owned(), header.take());
    }
    let id = "The id of the request in the server's log: the one that the client sent, or a random UUID.";
    headers.insert(
        "X-Request-Id".to_owned(),
        json!({ "description": id, "required": true, "schema": { "type": "string" } }),
    );
    response["headers"] = headers.into();
    if let Some(meanings) = complete_content(response, schemas) {
        response["description"] = meanings.into();
    }
}

/// Adds the examples of the problems or of the schema to every body. Returns the meanings of the problems.
fn complete_content(body: &mut Value, schemas: &Value) -> Option<String> {
    let mut meanings = None;
    for (media_type, content) in members(body, "content") {
        if media_type == MEDIA_TYPE {
            let examples = content["schema"]["example"].take();
            let texts =
                examples.as_object()?.values().filter_map(|value| value["summary"].as_str());
            meanings = Some(texts.collect::<Vec<_>>().join(" Or: "));
            content["schema"] = content["schema"]["allOf"][0].take();
            content["examples"] = examples;
        } else if let Some(name) = content["schema"]["$ref"].as_str() {
            let name = name.rsplit('/').next().unwrap_or_default();
            content["example"] = schemas[name]["example"].clone();
        }
    }
    meanings
}
