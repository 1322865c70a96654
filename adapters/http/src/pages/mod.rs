//! The pages. Each handler parses the request, calls one use case and renders a template with a view.

pub(crate) mod account;
mod client_name;
pub(crate) mod docs;
pub(crate) mod home;
pub(crate) mod practice;
pub(crate) mod problem_page;
pub(crate) mod sign_in;
#[cfg(test)]
mod tests;
mod view;

const LOGIN: &str = "/auth/login";
const ACCOUNT: &str = "/account";
