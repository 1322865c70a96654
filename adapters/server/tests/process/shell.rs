use std::{fs, path::Path};

use crate::server::run;

#[test]
fn completions_know_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = run(Path::new("/tmp"), &[("PORT", "nonsense")], &["completions", shell]);
        assert_eq!(output.status.code(), Some(0), "{shell}");
        let script = String::from_utf8(output.stdout).unwrap();
        for command in coach_server::definition().get_subcommands() {
            assert!(script.contains(command.get_name()), "{shell}: {}", command.get_name());
        }
    }
    assert_eq!(run(Path::new("/tmp"), &[], &["completions", "cmd"]).status.code(), Some(2));
}

#[test]
fn every_command_has_a_manual_page() {
    let directory = tempfile::tempdir().unwrap();
    let output = run(directory.path(), &[], &["man", "pages/man1"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let pages = directory.path().join("pages/man1");
    for command in coach_server::definition().get_subcommands() {
        let page = pages.join(format!("pm-interview-coach-{}.1", command.get_name()));
        assert!(fs::read_to_string(&page).unwrap().contains(".SH SYNOPSIS"), "{page:?}");
    }
    fs::write(directory.path().join("file"), "").unwrap();
    let output = run(directory.path(), &[], &["man", "file"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}
