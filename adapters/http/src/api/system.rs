use std::sync::Arc;

use coach_core::ports::RepositoryError;
use poem::web::Data;
use poem_openapi::{ApiResponse, Object, OpenApi, param::Path, types::Example};
use serde::Serialize;

use super::{
    ApiTags,
    documented_problems::problems,
    json::{ConstantJson, Json},
    schema::JwkSetBody,
};
use crate::{
    response::{Description, Problem, ProblemType},
    state::{Auth, State},
};

pub(crate) struct SystemApi;

/// The running application.
#[derive(Object, Serialize)]
#[oai(example)]
struct About {
    /// Always `PM Interview Coach`.
    app: String,
    /// The version of the server.
    version: String,
    /// Always `running`.
    status: String,
}

impl Example for About {
    fn example() -> Self {
        Self {
            app: "PM Interview Coach".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            status: "running".to_owned(),
        }
    }
}

/// The state of the server.
#[derive(Object, Serialize)]
#[oai(example)]
struct Health {
    /// Always `ok`.
    status: String,
}

impl Example for Health {
    fn example() -> Self {
        Self { status: "ok".to_owned() }
    }
}

/// An explanation of a kind of problem.
#[derive(Object, Serialize)]
#[oai(rename = "ProblemType", example)]
struct ProblemTypeBody {
    /// The `type` of the problem.
    #[oai(rename = "type")]
    #[serde(rename = "type")]
    kind: String,
    /// A short title of the kind.
    title: String,
    /// The HTTP status.
    status: i32,
    /// The cause.
    meaning: String,
    /// The remedy.
    action: String,
}

impl From<ProblemType> for ProblemTypeBody {
    fn from(kind: ProblemType) -> Self {
        let Description { status, name, title, meaning, action, .. } = kind.describe();
        Self {
            kind: format!("/problems/{name}"),
            title: title.to_owned(),
            status: status.as_u16().into(),
            meaning: meaning.to_owned(),
            action: action.to_owned(),
        }
    }
}

impl Example for ProblemTypeBody {
    fn example() -> Self {
        ProblemType::EmailTaken.into()
    }
}

#[derive(ApiResponse)]
enum Running {
    /// The server is running.
    #[oai(status = 200)]
    Ok(Json<About>),
}

#[derive(ApiResponse)]
enum Healthy {
    /// The check passed.
    #[oai(status = 200)]
    Ok(Json<Health>),
}

#[derive(ApiResponse)]
enum Keys {
    /// The public keys.
    #[oai(status = 200)]
    Ok(ConstantJson<JwkSetBody>, #[oai(header = "Cache-Control")] String),
}

#[derive(ApiResponse)]
enum Explained {
    /// The explanation.
    #[oai(status = 200)]
    Ok(Json<ProblemTypeBody>),
}

problems!(AnyProblem: MalformedHost, from Problem);
problems!(NotReady: MalformedHost DatabaseUnavailable, from RepositoryError);
problems!(Unknown: MalformedHost NotFound, from Problem);

fn email_taken() -> String {
    "email-taken".to_owned()
}

fn ok() -> Healthy {
    Healthy::Ok(Json(Health::example()))
}

#[OpenApi(tag = "ApiTags::System")]
impl SystemApi {
    /// Show the version
    ///
    /// Returns the application and its version. Browsers get the home page.
    #[oai(path = "/", method = "get", operation_id = "about")]
    async fn about(&self) -> Result<Running, AnyProblem> {
        Ok(Running::Ok(Json(About::example())))
    }

    /// Check that the process is alive
    ///
    /// Returns 200 even while the database is down.
    #[oai(path = "/healthz", method = "get", operation_id = "healthz")]
    async fn healthz(&self) -> Result<Healthy, AnyProblem> {
        Ok(ok())
    }

    /// Check that the database answers
    ///
    /// Returns 200 only if the database answers.
    #[oai(path = "/readyz", method = "get", operation_id = "readyz")]
    async fn readyz(&self, auth: Auth<'_>) -> Result<Healthy, NotReady> {
        auth.check_health().await?;
        Ok(ok())
    }

    /// List the public keys
    ///
    /// Returns the keys that verify access tokens as a JWK Set (RFC 7517), current key first. The set is empty if tokens are
    /// signed with a secret.
    #[oai(path = "/.well-known/jwks.json", method = "get", operation_id = "jwks")]
    async fn jwks(&self, state: Data<&Arc<State>>) -> Result<Keys, AnyProblem> {
        Ok(Keys::Ok(ConstantJson::new(&state.jwks), "public, max-age=300".to_owned()))
    }

    /// Explain a problem
    ///
    /// Explains the `type` of a problem. Browsers get a page.
    #[oai(path = "/problems/:name", method = "get", operation_id = "problem_type")]
    async fn problem_type(
        &self,
        /// The last segment of the problem's `type`.
        #[oai(example = "email_taken")]
        name: Path<String>,
    ) -> Result<Explained, Unknown> {
        let kind = ProblemType::named(&name).ok_or_else(Problem::not_found)?;
        Ok(Explained::Ok(Json(kind.into())))
    }
}
