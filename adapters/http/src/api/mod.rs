//! The JSON API. A handler parses the request, calls one use case and maps the answer.

mod accounts;
mod documented_problems;
mod schema;
mod sessions;
mod system;

use poem_openapi::{OpenApiService, Tags};

type Apis = (accounts::AccountsApi, sessions::SessionsApi, system::SystemApi);

/// Every route of the API, with its description.
pub(crate) fn service() -> OpenApiService<Apis, ()> {
    OpenApiService::new(
        (accounts::AccountsApi, sessions::SessionsApi, system::SystemApi),
        "PM Interview Coach",
        env!("CARGO_PKG_VERSION"),
    )
    .description(
        "Accounts of PM Interview Coach: register, log in, stay logged in, see and end sessions. Errors are RFC 9457 \
         problems; every response carries an X-Request-Id.",
    )
}

#[derive(Tags)]
enum ApiTags {
    /// Registering, logging in and out.
    Accounts,
    /// Staying logged in, and seeing where.
    Sessions,
    /// What operators ask.
    System,
}
