use std::{env, io::IsTerminal, process::ExitCode};

use serde_json::json;

use super::output::{fail, print};
use crate::doctor::{Finding, State, examine};

/// Prints what every check found. The exit code is 1 if there is a problem.
pub(super) fn run(as_json: bool) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format_args!("The checks cannot begin: {error}."), 1),
    };
    let findings = runtime.block_on(examine());
    // A check that was given up may still be reading.
    runtime.shutdown_background();
    let printed = if as_json {
        print(&json_document(&findings).to_string())
    } else {
        // https://no-color.org
        let has_color = std::io::stdout().is_terminal()
            && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        print(&text(&findings, has_color))
    };
    if findings.iter().any(|finding| finding.state == State::Problem) {
        return ExitCode::FAILURE;
    }
    printed
}

fn count(findings: &[Finding], state: State) -> usize {
    findings.iter().filter(|finding| finding.state == state).count()
}

fn json_document(findings: &[Finding]) -> serde_json::Value {
    let checks: Vec<_> = findings
        .iter()
        .map(|Finding { check, state, found, advice }| {
            json!({ "check": check, "state": state.name(), "found": found, "advice": advice })
        })
        .collect();
    json!({
        "problems": count(findings, State::Problem),
        "warnings": count(findings, State::Warning),
        "checks": checks,
    })
}

fn text(findings: &[Finding], has_color: bool) -> String {
    let width = findings.iter().map(|finding| finding.check.len()).max().unwrap_or_default();
    let mut lines = Vec::new();
    for Finding { check, state, found, advice } in findings {
        let name = format!("{:<7}", state.name());
        let name = if has_color { format!("\x1b[{}m{name}\x1b[0m", color(*state)) } else { name };
        lines.push(format!("{name}  {check:<width$}  {found}"));
        if let Some(advice) = advice {
            lines.push(format!("{:9}{:width$}  {advice}", "", ""));
        }
    }
    let number = |count: usize, what: &str| match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    };
    let problems = number(count(findings, State::Problem), "problem");
    let warnings = number(count(findings, State::Warning), "warning");
    lines.push(format!("\n{problems}, {warnings}."));
    lines.join("\n")
}

fn color(state: State) -> &'static str {
    match state {
        State::Ok => "32",
        State::Warning => "33",
        State::Problem => "1;31",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_advice_is_below_its_finding() {
        let finding = |check, state, advice: Option<&str>| Finding {
            check,
            state,
            found: "Found.".to_owned(),
            advice: advice.map(str::to_owned),
        };
        let findings =
            [finding("port", State::Ok, None), finding("database", State::Problem, Some("Act."))];
        let expected = "ok       port      Found.\nproblem  database  Found.\n                   Act.\n\n1 problem, 0 warnings.";
        assert_eq!(text(&findings, false), expected);
        assert!(text(&findings, true).starts_with("\x1b[32mok     \x1b[0m  port"));
    }
}
