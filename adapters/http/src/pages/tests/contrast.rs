//! Checks the contrast of every pair of colours on every page in both themes (WCAG 2.2 AA, 1.4.3 and 1.4.11). The colours come
//! from the generated stylesheet and the classes of the elements.

use std::collections::{BTreeMap, BTreeSet};

use scraper::{ElementRef, Html, Node};

use super::samples::{samples, templates};

const STYLESHEET: &str = include_str!(concat!(env!("OUT_DIR"), "/stylesheet.css"));

const TEXT: f64 = 4.5;
const CONTROL: f64 = 3.0;

type Theme = BTreeMap<String, String>;

/// Returns the variables of the first rule with this selector.
fn variables(selector: &str) -> Theme {
    let rule = STYLESHEET.split_once(&format!("{selector}{{")).unwrap().1;
    let declarations = rule.split_once('}').unwrap().0.split(';');
    declarations
        .filter_map(|declaration| declaration.strip_prefix("--color-")?.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn themes() -> [(&'static str, Theme); 2] {
    let light = variables(":root");
    let mut dark = light.clone();
    dark.extend(variables(".dark"));
    [("light", light), ("dark", dark)]
}

/// Returns the relative luminance of WCAG 2.2.
fn luminance(theme: &Theme, name: &str) -> f64 {
    let value = &theme[name];
    if let Some(other) = value.strip_prefix("var(--color-") {
        return luminance(theme, other.trim_end_matches(')'));
    }
    let channel = |at: usize| {
        let share = f64::from(u8::from_str_radix(&value[at..at + 2], 16).unwrap()) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

/// Returns the contrast ratio of WCAG 2.2.
fn contrast(theme: &Theme, a: &str, b: &str) -> f64 {
    let (a, b) = (luminance(theme, a), luminance(theme, b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// The names of an element's colours, including inherited ones.
#[derive(Clone)]
struct Shown {
    text: String,
    background: String,
    /// Backgrounds of states such as hover, of the element or its ancestors.
    others: Vec<String>,
}

/// Returns the colours in an element's classes of one kind, such as `bg-`. `states` includes variants such as `hover:`.
fn named(element: &ElementRef<'_>, kind: &str, theme: &Theme, states: bool) -> Vec<String> {
    let class = element.attr("class").unwrap_or_default();
    let name = |class: &str| {
        let (state, utility) = class.rsplit_once(':').unwrap_or(("", class));
        let name = utility.strip_prefix(kind)?;
        ((state.is_empty() || states) && theme.contains_key(name)).then(|| name.to_owned())
    };
    class.split_whitespace().filter_map(name).collect()
}

/// Adds the pairs of an element and its descendants: two colours, and whether they need the contrast of text.
fn collect(
    element: ElementRef<'_>,
    around: &Shown,
    theme: &Theme,
    pairs: &mut BTreeSet<(String, String, bool)>,
) {
    let one = |kind| named(&element, kind, theme, false).pop();
    let background = one("bg-");
    let mut others = if background.is_some() { Vec::new() } else { around.others.clone() };
    others.extend(named(&element, "bg-", theme, true));
    let shown = Shown {
        text: one("text-").unwrap_or_else(|| around.text.clone()),
        background: background.unwrap_or_else(|| around.background.clone()),
        others,
    };
    let mut children = element.children();
    let has_text =
        children.any(|child| matches!(child.value(), Node::Text(text) if !text.trim().is_empty()));
    let tag = element.value().name();
    if has_text || ["input", "select"].contains(&tag) {
        let mut texts = named(&element, "text-", theme, true);
        texts.push(shown.text.clone());
        for text in texts {
            for background in shown.others.iter().chain([&shown.background]) {
                pairs.insert((text.clone(), background.clone(), true));
            }
        }
    }
    let is_hidden =
        element.attr("type") == Some("hidden") || element.attr("aria-hidden") == Some("true");
    if ["a", "button", "input", "select"].contains(&tag) && !is_hidden {
        // The focus outline.
        let outline = named(&element, "outline-", theme, true).pop();
        let outline = outline.unwrap_or_else(|| "accent".to_owned());
        pairs.insert((outline, around.background.clone(), false));
    }
    if ["button", "input", "select"].contains(&tag) && !is_hidden {
        let borders = named(&element, "border-", theme, true);
        let fill = (shown.background != around.background).then(|| shown.background.clone());
        // The text of a quiet button identifies it, so it needs no edge (WCAG 2.2, Understanding 1.4.11).
        assert!(
            tag == "button" || !borders.is_empty() || fill.is_some(),
            "a field without an edge"
        );
        let is_quiet = tag == "button" && fill.is_none();
        let edges = if borders.is_empty() { Vec::from_iter(fill) } else { borders };
        let edges = edges.into_iter().filter(|_| !is_quiet);
        pairs.extend(edges.map(|edge| (edge, around.background.clone(), false)));
    }
    // Lines of a chart. The grid behind them is decoration.
    let strokes =
        named(&element, "stroke-", theme, true).into_iter().filter(|name| name != "border");
    pairs.extend(strokes.map(|stroke| (stroke, shown.background.clone(), false)));
    for child in element.child_elements() {
        collect(child, &shown, theme, pairs);
    }
}

#[test]
fn every_pair_of_colours_has_enough_contrast_in_both_themes() {
    let templates = templates(false);
    for (name, theme) in themes() {
        let mut pairs = BTreeSet::new();
        for sample in samples() {
            let html = sample.render(&templates);
            let nothing = Shown {
                text: "text-primary".to_owned(),
                background: "bg-primary".to_owned(),
                others: Vec::new(),
            };
            collect(Html::parse_document(&html).root_element(), &nothing, &theme, &mut pairs);
        }
        assert!(pairs.len() > 10, "{pairs:?}");
        for (foreground, background, is_text) in pairs {
            let (ratio, needed) =
                (contrast(&theme, &foreground, &background), if is_text { TEXT } else { CONTROL });
            assert!(ratio >= needed, "{name}: {foreground} on {background} is {ratio:.2}");
        }
    }
}

/// The expected ratios come from the design review.
#[test]
fn contrast_is_computed_as_in_wcag() {
    let [(_, light), (_, dark)] = themes();
    for (theme, foreground, background, expected) in [
        (&light, "on-accent", "accent", 3.57),
        (&light, "on-accent", "accent-hover", 4.86),
        (&light, "danger", "danger-bg", 2.95),
        (&light, "success", "success-bg", 2.46),
        (&light, "border", "bg-primary", 1.23),
        (&dark, "text-tertiary", "bg-primary", 4.23),
        (&light, "text-primary", "danger-bg", 16.19),
    ] {
        let ratio = contrast(theme, foreground, background);
        assert!((ratio - expected).abs() < 0.05, "{foreground} on {background}: {ratio}");
    }
}
