//! Makes what the pages are served with out of `templates/`: the templates themselves, to be embedded, and the one
//! stylesheet, with the utilities that they use and no other.

#[path = "build/design_system.rs"]
mod design_system;

use std::{env, fs, path::Path};

use encre_css::{Config, Preflight, config::DarkMode};

use design_system::{COLORS, FONT_MONO, FONT_SANS, TYPE};

const TEMPLATES: &str = "../../templates";

fn main() {
    println!("cargo::rerun-if-changed=build");
    minijinja_embed::embed_templates!(TEMPLATES, &[".html"]);
    let out_dir = env::var_os("OUT_DIR").expect("cargo sets it");
    let stylesheet = Path::new(&out_dir).join("stylesheet.css");
    fs::write(stylesheet, generate_stylesheet()).expect("cargo made the directory");
}

fn generate_stylesheet() -> String {
    let mut config = Config::default();
    config.theme.dark_mode = DarkMode::new_class(".dark");
    config.preflight =
        Preflight::new_full().font_family_sans(FONT_SANS).font_family_mono(FONT_MONO);
    for (name, _, _) in COLORS {
        config.theme.colors.add(*name, format!("var(--color-{name})"));
    }
    for (class, utilities) in TYPE {
        config.shortcuts.add(*class, *utilities);
    }
    let mut sources = Vec::new();
    collect(Path::new(TEMPLATES), &mut sources);
    let utilities = encre_css::generate(sources.iter().map(String::as_str), &config);
    format!("{}\n{utilities}\n", design_system::variables())
}

/// Every template, in an order of its own so that the stylesheet's hash is the same on every machine.
fn collect(directory: &Path, sources: &mut Vec<String>) {
    let entries = fs::read_dir(directory).expect("templates/ is there");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("readable").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "html") {
            sources.push(fs::read_to_string(path).expect("templates are UTF-8"));
        }
    }
}
