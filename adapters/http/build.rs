//! Embeds the templates and generates one stylesheet with the utilities that they use.

#[path = "build/design_system.rs"]
mod design_system;

use std::{env, fs, io, path::Path};

use encre_css::{Config, Preflight, config::DarkMode};

use design_system::{COLORS, FONT_MONO, FONT_SANS, TYPE};

const TEMPLATES: &str = "../../templates";

#[allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a build script reports to cargo by printing and panicking"
)]
fn main() {
    println!("cargo::rerun-if-changed=build");
    minijinja_embed::embed_templates!(TEMPLATES, &[".html"]);
    // The header has the first colour.
    let (_, light, dark) = COLORS[0];
    println!("cargo::rustc-env=THEME_COLOR_LIGHT={light}");
    println!("cargo::rustc-env=THEME_COLOR_DARK={}", dark.unwrap_or(light));
    let stylesheet = Path::new(&env::var_os("OUT_DIR").unwrap()).join("stylesheet.css");
    fs::write(stylesheet, generate_stylesheet().unwrap()).unwrap();
}

fn generate_stylesheet() -> io::Result<String> {
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
    collect(Path::new(TEMPLATES), &mut sources)?;
    let utilities = encre_css::generate(sources.iter().map(String::as_str), &config);
    Ok(format!("{}\n{utilities}\n", design_system::variables()))
}

/// Reads every template, sorted by path so that the stylesheet is the same on every machine.
fn collect(directory: &Path, sources: &mut Vec<String>) -> io::Result<()> {
    let entries = fs::read_dir(directory)?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, sources)?;
        } else if path.extension().is_some_and(|extension| extension == "html") {
            sources.push(fs::read_to_string(path)?);
        }
    }
    Ok(())
}
