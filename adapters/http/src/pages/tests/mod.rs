//! Tests that render every template with every sample.

mod contrast;
mod practice;
mod samples;

use std::collections::BTreeSet;

use minijinja::Environment;
use scraper::{Html, Selector};

use self::samples::{samples, templates, templates_with};
use crate::{SupportContact, html::embed};

/// The samples with markup show that it is escaped.
///
/// ASVS 1.2.1.
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
        for link in page.select(&Selector::parse("a[hx-get]").unwrap()) {
            // A list is selected by its items.
            assert!(ids(link.attr("hx-select").unwrap()) > 0, "{name}");
            let path = link.attr("href").unwrap().split('#').next();
            assert_eq!(link.attr("hx-get"), path, "{name}");
        }
    }
}

#[test]
fn every_form_focuses_one_field() {
    let templates = templates(false);
    for sample in samples() {
        let name = sample.name;
        let page = Html::parse_document(&sample.render(&templates));
        let count = |css: &str| page.select(&Selector::parse(css).unwrap()).count();
        // On the pages with several forms, only a refused one gets the focus.
        let expected = match (sample.template, name) {
            ("account.html", "account" | "account_many_sessions") => 0,
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
fn htmx_is_loaded_only_by_pages_that_use_it() {
    let templates = templates(true);
    let (mut uses, mut loads) = (BTreeSet::new(), BTreeSet::new());
    for sample in samples() {
        let html = sample.render(&templates);
        let has = |text| html.contains(text);
        if has("hx-post") || has("hx-get") {
            assert!(has("htmx.min.js"), "{}", sample.name);
            uses.insert(sample.template);
        }
        if has("htmx.min.js") {
            loads.insert(sample.template);
        }
    }
    assert_eq!(uses, loads);
}

#[test]
fn pages_say_whom_to_ask() {
    let page = |name, contact| {
        let sample = samples().into_iter().find(|sample| sample.name == name).unwrap();
        let html = sample.render(&templates_with(false, &contact));
        let text: String = Html::parse_document(&html).root_element().text().collect();
        (text.split_whitespace().collect::<Vec<_>>().join(" "), html)
    };
    let url = "https://help.example.com/coach".to_owned();
    for (contact, asked, link) in [
        (SupportContact::Operator, "the person who runs this server", None),
        (SupportContact::Name("Ann <IT>".to_owned()), "Ann <IT>", None),
        (SupportContact::Email("a@b.cd".to_owned()), "a@b.cd", Some("mailto:a@b.cd")),
        (SupportContact::Page(url.clone()), "at help.example.com/coach", Some(&*url)),
    ] {
        let (text, html) = page("login", contact.clone());
        assert!(text.contains(&format!("Ask {asked} for a new password.")), "{text}");
        let (text, _) = page("login_with_markup", contact);
        let expected = format!("This account is inactive. Ask {asked} to activate it.");
        assert!(text.contains(&expected), "{text}");
        let document = Html::parse_document(&html);
        let links = Selector::parse("details p a:not([href^='/'])").unwrap();
        let href = document.select(&links).next().and_then(|link| link.attr("href"));
        assert_eq!(href, link);
    }
}

#[test]
fn page_without_a_cdn_loads_nothing_from_other_sites() {
    let templates = templates(false);
    for sample in samples() {
        let name = sample.name;
        let html = sample.render(&templates);
        let page = Html::parse_document(&html);
        let loads = Selector::parse("[src], link:not([rel=canonical])").unwrap();
        for element in page.select(&loads) {
            let url = element.attr("src").or(element.attr("href")).unwrap();
            assert!(url.starts_with('/'), "{name}: {url}");
        }
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
        let files =
            html.matches("<script src=").count() + html.matches("<script defer src=").count();
        assert_eq!(html.matches("<script").count(), files, "{name}");
    }
}

/// ASVS 6.2.7.
#[test]
fn passwords_can_be_pasted_and_filled_in_by_password_managers() {
    let templates = templates(true);
    let fields = Selector::parse("input[type=password]").unwrap();
    let mut count = 0;
    for sample in samples() {
        let page = Html::parse_document(&sample.render(&templates));
        for field in page.select(&fields) {
            let kind = field.attr("autocomplete");
            assert!(matches!(kind, Some("current-password" | "new-password")), "{}", field.html());
            for limit in ["readonly", "disabled", "maxlength", "pattern", "onpaste"] {
                assert_eq!(field.attr(limit), None, "{}", field.html());
            }
            count += 1;
        }
    }
    assert!(count > 20, "{count}");
    for script in ["account", "pages", "theme", "times"] {
        let file = format!("{}/../../templates/assets/{script}.js", env!("CARGO_MANIFEST_DIR"));
        let script = std::fs::read_to_string(file).unwrap();
        for event in ["paste", "copy", "cut", "drop", "beforeinput"] {
            assert!(!script.contains(event), "{event}: {script}");
        }
    }
}
