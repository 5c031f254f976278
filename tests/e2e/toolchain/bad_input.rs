//! What an author may get wrong before a call: each refusal names the thing and the remedy.

use std::path::Path;

use super::{plugin, project, veche};

#[test]
fn a_folder_that_exists_and_a_name_that_is_none_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    plugin(folder.path(), &["new", "first-rule", "--kind", "router"]).well();
    let manifest = folder.path().join("first-rule/Cargo.toml");
    std::fs::write(&manifest, "mine").unwrap();
    for (args, part) in [
        (&["new", "first-rule", "--kind", "router"][..], "first-rule: it exists and is not empty"),
        (&["new", "First Rule", "--kind", "router"], "no name of a plug-in"),
        (&["new", "other", "--kind", "oracle"], "choose categorizer, router, indicators or exporter"),
        (&["new", "other", "--kind", "router", "--lang", "cobol"], "choose rust, js or python"),
        (&["new", "other", "--kind", "router", "--sdk", "/tmp"], "root of a clone"),
        (&["build", "nowhere"], "no project of a plug-in"),
        (&["test"], "holds no cases"),
    ] {
        let said = plugin(folder.path(), args).badly();
        assert!(said.contains(part), "{args:?}: {said}");
    }
    assert_eq!(std::fs::read_to_string(manifest).unwrap(), "mine");
}

/// The refusal of `veche plugin build` in a project of these files, with nothing on the PATH.
fn refused(files: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let nothing = tempfile::tempdir().unwrap();
    let said = veche(folder.path()).args(["plugin", "build"]).env("PATH", nothing.path()).output().unwrap();
    super::Said::from(said).badly()
}

#[test]
fn what_is_missing_on_the_machine_is_named_with_what_installs_it() {
    let cargo = "[package]\nname = \"a\"\nversion = \"0.1.0\"\n";
    let said = refused(&[("Cargo.toml", cargo)]);
    assert!(
        said.contains("rustc is missing: install Rust (https://rustup.rs), then run `rustup target add wasm32-wasip1`"),
        "{said}"
    );
    let said = refused(&[("package.json", r#"{"name": "a", "version": "0.1.0"}"#)]);
    assert!(said.contains("node is missing: install Node.js 20.19 or newer with npm"), "{said}");
    let said = refused(&[("pyproject.toml", "[project]\nname = \"a\"\nversion = \"0.1.0\"\n")]);
    assert!(said.contains("python3 is missing: install Python 3.10 or newer with venv"), "{said}");
}

#[test]
fn a_golden_file_with_an_unknown_field_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let folder = project(folder.path(), "word-rule", "categorizer");
    let path = folder.join("cases/basic.toml");
    let sound = std::fs::read_to_string(&path).unwrap();
    for (from, to, parts) in [
        ("[case.expect]\nno_opinion", "[case.expect]\nno_opinon", ["no_opinon", "cases/basic.toml"]),
        ("[case.appeal]\ntext", "[case.appeal]\nbody", ["unknown field `body`", "line"]),
        ("[[settings.words]]", "[[setings.words]]", ["unknown field `setings`", "line"]),
    ] {
        assert!(sound.contains(from));
        std::fs::write(&path, sound.replacen(from, to, 1)).unwrap();
        let said = plugin(&folder, &["test", "--component", "none.wasm"]).badly();
        assert!(parts.iter().all(|part| said.contains(part)), "{said}");
    }
}

#[test]
fn a_component_that_is_none_is_told_what_it_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let folder = project(folder.path(), "word-rule", "categorizer");
    let said = plugin(&folder, &["test"]).badly();
    assert!(said.contains("dist/word-rule.wasm is missing: build it with `veche plugin build`"), "{said}");
    let refused = |bytes: &[u8]| {
        std::fs::write(folder.join("other.wasm"), bytes).unwrap();
        plugin(&folder, &["test", "--component", "other.wasm"]).badly()
    };
    assert!(refused(b"hello").contains("no WebAssembly component"));
    assert!(refused(&wat::parse_str("(module)").unwrap()).contains("core WebAssembly module"));
    assert!(refused(&wat::parse_str("(component)").unwrap()).contains("exports no `veche:plugin/plugin`"));
}

#[test]
fn a_crate_without_export_makes_no_component() {
    let folder = tempfile::tempdir().unwrap();
    let folder = project(folder.path(), "word-rule", "categorizer");
    let source = folder.join("src/lib.rs");
    let text = std::fs::read_to_string(&source).unwrap();
    let edit = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        std::fs::write(&source, text.replacen(from, to, 1)).unwrap();
        plugin(&folder, &["build"]).badly()
    };
    let said = edit("veche_sdk::export!(WordRule: categorizer);", "");
    assert!(said.contains("exports no `veche:plugin/plugin`") || said.contains("veche_sdk::export!"), "{said}");
    let said = edit("let text = appeal.text", "let text = appeal.txt");
    assert!(said.contains("no field `txt`") && said.contains("`cargo rustc` failed"), "{said}");
    assert!(!Path::new(&folder.join("dist/word-rule.wasm")).exists());
}
