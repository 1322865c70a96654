//! The JSON API. A handler parses the request, calls one use case and maps the answer.

mod accounts;
mod documented_problems;
mod schema;
mod system;

use poem_openapi::{OpenApiService, Tags};

/// Every route of the API, with its description.
pub(crate) fn service() -> OpenApiService<(accounts::AccountsApi, system::SystemApi), ()> {
    OpenApiService::new(
        (accounts::AccountsApi, system::SystemApi),
        "PM Interview Coach",
        env!("CARGO_PKG_VERSION"),
    )
    .description(
        "Accounts of PM Interview Coach: register, log in, ask who I am, log out. Errors are RFC 9457 problems; every \
         response carries an X-Request-Id.",
    )
}

#[derive(Tags)]
enum ApiTags {
    /// Registering, logging in and out.
    Accounts,
    /// What operators ask.
    System,
}
