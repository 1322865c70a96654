//! The pages. A handler parses the request, calls one use case and renders a template. `view.rs` says what a page shows.

pub(crate) mod account;
pub(crate) mod docs;
pub(crate) mod home;
pub(crate) mod problem_page;
pub(crate) mod sign_in;
#[cfg(test)]
mod tests;
mod view;

const LOGIN: &str = "/auth/login";
const ACCOUNT: &str = "/account";
