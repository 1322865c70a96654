//! The JSON API. Each handler parses the request, calls one use case and maps the result.

mod accounts;
mod document;
mod documented_problems;
mod json;
mod practice;
mod profile;
mod schema;
mod sessions;
mod system;

use std::sync::LazyLock;

use poem_openapi::{LicenseObject, OpenApiService, ServerObject, Tags};

pub(crate) use self::document::document;

type Apis = (
    accounts::AccountsApi,
    profile::ProfileApi,
    sessions::SessionsApi,
    practice::PracticeApi,
    system::SystemApi,
);

/// Returns the routes of the API with their descriptions.
pub(crate) fn service() -> OpenApiService<Apis, ()> {
    OpenApiService::new(
        (
            accounts::AccountsApi,
            profile::ProfileApi,
            sessions::SessionsApi,
            practice::PracticeApi,
            system::SystemApi,
        ),
        "PM Interview Coach",
        env!("CARGO_PKG_VERSION"),
    )
    .description(
        "Accounts, sessions and practice history of PM Interview Coach. Errors are problems (RFC 9457). Every response has an X-Request-Id.",
    )
    .license(LicenseObject::new("All rights reserved").url("/"))
    .server(ServerObject::new("/").description("The server of this document."))
}

/// Returns the OpenAPI document that `GET /openapi.json` serves with the default configuration.
#[must_use]
pub fn openapi_document() -> &'static str {
    static DOCUMENT: LazyLock<String> = LazyLock::new(|| document("pm_coach_session", "JWT"));
    &DOCUMENT
}

#[derive(Tags)]
enum ApiTags {
    /// Register, log in, log out, change or delete the account.
    Accounts,
    /// Refresh tokens, list and end sessions, change the password.
    Sessions,
    /// Start, list, show and end practice sessions.
    Practice,
    /// Health checks, public keys and explanations of problems.
    System,
}
