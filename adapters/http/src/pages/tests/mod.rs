//! Tests that render every template with every sample.

mod contrast;
mod practice;
mod samples;

use std::collections::BTreeSet;

use minijinja::Environment;
use scraper::{Html, Selector};

use self::samples::{samples, templates};
use crate::html::embed;

#[test]
fn pages_match_their_snapshots() {
    let templates = templates(true);
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("snapshots");
    settings.bind(|| {
        for sample in samples() {
            let html = sample.render(&templates);
            insta::assert_snapshot!(sample.name, html);
        }
    });
}

#[test]
fn elements_that_htmx_selects_exist() {
    let templates = templates(false);
    for sample in samples() {
        let name = sample.name;
        let page = Html::parse_document(&sample.render(&templates));
        let ids = |css: &str| page.select(&Selector::parse(css).unwrap()).count();
        assert_eq!(ids("main#content"), 1, "{name}");
        for form in page.select(&Selector::parse("form[hx-post]").unwrap()) {
            assert_eq!(ids(form.attr("hx-select").unwrap()), 1, "{name}");
            assert_eq!(form.attr("hx-post"), form.attr("action"), "{name}");
        }
    }
}

/// ASVS 6.2.7.
#[test]
fn every_form_focuses_one_field() {
    let templates = templates(false);
    for sample in samples() {
        let name = sample.name;
        let page = Html::parse_document(&sample.render(&templates));
        let count = |css: &str| page.select(&Selector::parse(css).unwrap()).count();
        // On the pages with several forms, only a refused one gets the focus.
        let expected = match (sample.template, name) {
            ("account.html", "account") => 0,
            ("account.html", _) | (_, "practice_start_refused") => 1,
            ("practice/home.html", _) => 0,
            _ => count("form[hx-post]"),
        };
        assert_eq!(count("form [autofocus]"), expected, "{name}");
    }
}

#[test]
fn every_template_has_a_sample_and_extends_the_base() {
    let mut environment = Environment::new();
    embed(&mut environment);
    let sampled: BTreeSet<_> = samples().iter().map(|sample| sample.template).collect();
    let pages: BTreeSet<_> = environment
        .templates()
        .map(|(name, _)| name)
        .filter(|name| *name != "base.html" && !name.starts_with("partials/"))
        .collect();
    assert_eq!(pages, sampled);
    for (name, template) in environment.templates().filter(|(name, _)| pages.contains(name)) {
        assert!(template.source().starts_with(r#"{% extends "base.html" %}"#), "{name}");
    }
}

#[test]
fn page_without_a_cdn_loads_nothing_from_other_sites() {
    let templates = templates(false);
    for sample in samples() {
        let name = sample.name;
        let html = sample.render(&templates);
        assert!(!html.contains("http"), "{name}: {html}");
    }
}

/// The Content-Security-Policy would block them.
///
/// ASVS 3.4.3.
#[test]
fn no_page_has_an_inline_script_or_style() {
    let templates = templates(true);
    for sample in samples() {
        let name = sample.name;
        let html = sample.render(&templates);
        for forbidden in [" style=", "<style", " onclick=", " onload=", " onsubmit=", "hx-on"] {
            assert!(!html.contains(forbidden), "{name}: {forbidden}");
        }
        assert_eq!(
            html.matches("<script").count(),
            html.matches("<script src=").count() + 1,
            "{name}"
        );
    }
}
