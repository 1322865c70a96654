use std::sync::Arc;

use poem::{
    Response, handler,
    http::StatusCode,
    web::{Data, Path},
};
use serde::Serialize;

use crate::{
    html::View,
    request::Visitor,
    response::{Description, Problem, ProblemType},
    state::State,
};

/// The explanation of a kind of problem, at the address in its `type`.
#[derive(Serialize)]
pub(super) struct ProblemPage {
    status: u16,
    name: &'static str,
    title: &'static str,
    meaning: &'static str,
    action: &'static str,
}

impl View for ProblemPage {
    const TEMPLATE: &'static str = "problem.html";
}

impl ProblemPage {
    pub(super) fn new(kind: ProblemType) -> Self {
        let Description { status, name, title, meaning, action, .. } = kind.describe();
        Self { status: status.as_u16(), name, title, meaning, action }
    }
}

#[handler]
pub(crate) fn problem_page(
    state: Data<&Arc<State>>,
    visitor: Visitor,
    name: Path<String>,
) -> poem::Result<Response> {
    let kind = ProblemType::named(&name).ok_or_else(Problem::not_found)?;
    Ok(state.pages.respond(&visitor, &ProblemPage::new(kind), StatusCode::OK))
}
