use std::sync::Arc;

use coach_core::ports::RepositoryError;
use poem::web::Data;
use poem_openapi::{ApiResponse, Object, OpenApi, payload::Json};

use crate::State;

use super::{ApiTags, documented_problems::problems};

pub(crate) struct SystemApi;

/// What runs here.
#[derive(Object)]
struct About {
    /// `PM Interview Coach`.
    app: String,
    /// As in this document.
    version: String,
    /// `running`.
    status: String,
}

/// How it is.
#[derive(Object)]
struct Health {
    /// `ok`.
    status: String,
}

#[derive(ApiResponse)]
enum Keys {
    /// `{"keys": […]}`.
    #[oai(status = 200)]
    Ok(Json<serde_json::Value>, #[oai(header = "Cache-Control")] String),
}

problems!(NotReady: 503, from RepositoryError);

fn ok() -> Json<Health> {
    Json(Health { status: "ok".to_owned() })
}

#[OpenApi(tag = "ApiTags::System")]
impl SystemApi {
    /// What runs here
    #[oai(path = "/", method = "get", operation_id = "about")]
    async fn about(&self) -> Json<About> {
        Json(About {
            app: "PM Interview Coach".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            status: "running".to_owned(),
        })
    }

    /// Is the process alive
    #[oai(path = "/healthz", method = "get", operation_id = "healthz")]
    async fn healthz(&self) -> Json<Health> {
        ok()
    }

    /// Does the database answer
    #[oai(path = "/readyz", method = "get", operation_id = "readyz")]
    async fn readyz(&self, state: Data<&Arc<State>>) -> Result<Json<Health>, NotReady> {
        state.health.check().await?;
        Ok(ok())
    }

    /// Keys that verify access tokens
    ///
    /// A JWK Set (RFC 7517), the present key first. It is empty where tokens are signed with a secret.
    #[oai(path = "/.well-known/jwks.json", method = "get", operation_id = "jwks")]
    async fn jwks(&self, state: Data<&Arc<State>>) -> Keys {
        Keys::Ok(Json(state.jwks.clone()), "public, max-age=300".to_owned())
    }
}
