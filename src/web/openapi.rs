//! `GET /openapi.json`: the calls by HTTP as OpenAPI 3.1, made from the descriptors and the
//! comments in the proto files.

mod comments;
mod schema;

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::routing::get;
use http::HeaderMap;
use prost_reflect::{MethodDescriptor, ServiceDescriptor};
use serde_json::{Map, Value, json};

use self::comments::Comments;
use self::schema::Schemas;
use super::file::File;
use super::methods::{self, Form, Methods};

/// The package that people call; health checks have their own form elsewhere.
const PACKAGE: &str = "aiusage.v1";
const ABOUT: &str = "\
What did every AI request cost, who caused it, and may they make the next one?

Every call is a POST with the request as JSON, after the rules of proto3: names of fields in \
lowerCamelCase (those of the proto files are read too), 64-bit numbers as text (numbers are read \
too), times as RFC 3339, durations as `1.5s`. Fields that are not known are refused. Amounts of \
money are exact decimals, as text. Answers have every field but those that are absent, which has \
a meaning of its own.

Methods that stream answer with one JSON message in each line; an error in the middle is the last \
line, `{\"error\": {…}}`. The header `connect-timeout-ms` says how long the caller waits. The same \
calls go by gRPC and gRPC-Web on the same port.";

/// `/openapi.json`, made when it is first asked for.
pub(super) fn router(methods: Arc<Methods>) -> Router {
    let file = LazyLock::new(move || {
        let text = document(&methods).to_string();
        File::new("openapi.json", text.into(), false)
    });
    let file = Arc::new(file);
    Router::new().route("/openapi.json", get(async move |headers: HeaderMap| file.answer(&headers)))
}

/// The document.
pub(super) fn document(methods: &Methods) -> Value {
    let comments = Comments::of(methods.pool());
    let services: Vec<_> =
        methods.pool().services().filter(|service| service.package_name() == PACKAGE).collect();
    let mut schemas = Schemas::new(PACKAGE, &comments);
    let mut paths = Map::new();
    for method in services.iter().flat_map(ServiceDescriptor::methods) {
        let path = methods::path(&method);
        paths.insert(path, json!({ "post": operation(&method, &comments, &mut schemas) }));
    }
    let tags = services.iter().map(
        |service| json!({ "name": service.name(), "description": comments.of_service(service) }),
    );
    let mut schemas = schemas.finish();
    schemas.insert("Error".to_owned(), error());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "aiusage",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "security": [{ "key": [] }],
        "tags": tags.collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "securitySchemes": { "key": {
                "type": "http",
                "scheme": "bearer",
                "description": "An API key. No message carries a tenant: it is that of the key.",
            } },
            "responses": { "Error": {
                "description": "Why there is no answer. The HTTP status follows the code.",
                "content": { "application/json": { "schema": schema::reference("Error") } },
            } },
            "schemas": schemas,
        },
    })
}

fn operation(method: &MethodDescriptor, comments: &Comments, schemas: &mut Schemas<'_>) -> Value {
    let comment = comments.of_method(method);
    let (request, answer) = (schemas.of(&method.input()), schemas.of(&method.output()));
    let (about, responses) = match methods::form(method) {
        Form::Unary => (comment.clone(), success("application/json", "The answer.", &answer)),
        Form::AnswerStream => {
            let lines = "The answers as they come, one in each line.";
            (comment.clone(), success("application/x-ndjson", lines, &answer))
        }
        Form::RequestStream => {
            let about = format!("Only by gRPC, since its requests are a stream.\n\n{comment}");
            (about, json!({ "501": { "$ref": "#/components/responses/Error" } }))
        }
    };
    json!({
        "operationId": format!("{}_{}", method.parent_service().name(), method.name()),
        "tags": [method.parent_service().name()],
        "summary": comments::first_sentence(&comment),
        "description": about,
        "requestBody": {
            "required": true,
            "content": { "application/json": { "schema": request } },
        },
        "responses": responses,
    })
}

fn success(content_type: &str, description: &str, schema: &Value) -> Value {
    json!({
        "200": { "description": description, "content": { content_type: { "schema": schema } } },
        "default": { "$ref": "#/components/responses/Error" },
    })
}

/// What is answered instead of a message.
fn error() -> Value {
    let codes = (1..=16).map(|code| super::error::name(code.into()));
    json!({
        "type": "object",
        "required": ["code", "message"],
        "properties": {
            "code": {
                "type": "string",
                "enum": codes.collect::<Vec<_>>(),
                "description": "The code of gRPC, for programs.",
            },
            "message": { "type": "string", "description": "What happened and what to do, for people." },
            "details": {
                "type": "array",
                "description": "More for programs: google.rpc.ErrorInfo with the reason, google.rpc.BadRequest with every wrong field, google.rpc.RetryInfo.",
                "items": {
                    "type": "object",
                    "required": ["type", "value"],
                    "properties": {
                        "type": { "type": "string", "description": "Name of the message." },
                        "value": { "type": "string", "contentEncoding": "base64", "description": "The message as protobuf." },
                        "debug": { "description": "The same as JSON." },
                    },
                },
            },
        },
    })
}

#[cfg(test)]
mod tests;
