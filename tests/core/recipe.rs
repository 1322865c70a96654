//! The code in docs/add-a-protected-resource.md is the code of the files that it names.

use std::{fs, path::Path};

const RECIPE: &str = include_str!("../../docs/add-a-protected-resource.md");

/// The excerpts of the recipe: the named file and the lines.
fn excerpts() -> Vec<(&'static str, Vec<&'static str>)> {
    let excerpt = |block: (&'static str, &'static str)| {
        let (before, after) = block;
        let file = before.trim_end().lines().last().unwrap().trim_matches('`');
        let (code, _) = after.split_once("\n```").unwrap();
        (file, code.lines().map(str::trim).collect())
    };
    let starts = RECIPE.match_indices("```rust,ignore\n");
    starts.map(|(at, fence)| (&RECIPE[..at], &RECIPE[at + fence.len()..])).map(excerpt).collect()
}

/// Returns whether the parts of an excerpt, without indentation, are in the file in their order.
fn contains(file: &[&str], excerpt: &[&str]) -> bool {
    let mut rest = file;
    excerpt.split(|line| *line == "// …").all(|part| {
        let found = rest.windows(part.len()).position(|lines| lines == part);
        found.inspect(|at| rest = &rest[at + part.len()..]).is_some()
    })
}

#[test]
fn every_excerpt_of_the_recipe_is_code_of_the_named_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let excerpts = excerpts();
    assert!(excerpts.len() >= 10, "{excerpts:?}");
    for (name, excerpt) in excerpts {
        let text = fs::read_to_string(root.join(name)).unwrap_or_else(|_| panic!("no file {name}"));
        let file: Vec<_> = text.lines().map(str::trim).collect();
        assert!(
            contains(&file, &excerpt),
            "{name} has changed. Change its excerpt in docs/add-a-protected-resource.md:\n{}",
            excerpt.join("\n")
        );
    }
}

#[test]
fn files_that_the_recipe_mentions_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let prose = RECIPE.split("```").step_by(2);
    let names = prose.flat_map(|text| text.split('`').skip(1).step_by(2));
    let paths: Vec<_> = names.filter(|name| name.contains('/') && !name.contains(' ')).collect();
    assert!(paths.len() > 20, "{paths:?}");
    for path in paths {
        assert!(root.join(path).exists(), "{path}");
    }
}

#[test]
fn changed_excerpt_is_noticed() {
    let file = ["a", "b", "c", "d"];
    assert!(contains(&file, &["b", "c"]));
    assert!(contains(&file, &["a", "// …", "c", "d"]));
    for other in [&["b", "d"][..], &["c", "// …", "a"], &["x"], &["c", "// …", "c"]] {
        assert!(!contains(&file, other), "{other:?}");
    }
}
