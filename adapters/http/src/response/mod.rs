//! The parts of responses: problems, cookies, headers and constant bodies.

mod constant;
mod cookie;
pub(crate) mod formatted;
mod headers;
mod notice;
mod problem;

pub(crate) use self::{
    constant::{AcceptsGzip, Constant, compress_page},
    cookie::{CookieSlot, Cookies},
    headers::DefaultHeaders,
    notice::Notice,
    problem::{Description, FieldError, MEDIA_TYPE, Problem, ProblemType, field_errors},
};

/// A refresh token in the examples of the OpenAPI document.
pub(crate) const EXAMPLE_REFRESH_TOKEN: &str =
    "pmc_rt_oPWMaYW6TLSQ4WdbLWaqowAAAAC0_AEkVU4dOZsu2t_pgv7ipPMKpL4zmHtMJzjdfYBqrQ05a3b2c";
