//! Embeds what `cargo xtask assets` made. Without it the host builds all the same, and its pages say what is missing.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let root = here.join("../..");
    let target = root.join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()));
    let folder = target.join("assets");
    // Cargo compares times of what is there: a folder that is missing would build this crate anew each time.
    let _ = fs::create_dir_all(&folder);
    println!("cargo:rerun-if-changed={}", folder.display());
    println!("cargo:rerun-if-env-changed=CARGO_TARGET_DIR");
    for watched in ["templates", "messages", "askama.toml"] {
        println!("cargo:rerun-if-changed={}", here.join(watched).display());
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("assets.rs");
    if let Err(error) = fs::write(&out, table(&folder)) {
        println!("cargo::error={} cannot be written: {error}", out.display());
    }
}

/// `pub(super) static EMBEDDED: &[Asset] = …`, from the manifest's lines `logical name<TAB>hashed name<TAB>media type`.
fn table(folder: &Path) -> String {
    let manifest = fs::read_to_string(folder.join("manifest.tsv")).unwrap_or_default();
    let mut code = String::from("pub(super) static EMBEDDED: &[Asset] = &[\n");
    for line in manifest.lines() {
        let mut cells = line.split('\t');
        let (Some(name), Some(file), Some(media)) = (cells.next(), cells.next(), cells.next()) else { continue };
        let path = |end: &str| folder.join(format!("{file}{end}"));
        let bytes = |end: &str| match path(end).is_file() {
            true => format!("Some(include_bytes!({:?}).as_slice())", path(end).display().to_string()),
            false => "None".to_owned(),
        };
        let plain = path("").display().to_string();
        let _ = writeln!(
            code,
            "    Asset {{ name: {name:?}, file: {file:?}, media: {media:?}, plain: include_bytes!({plain:?}), gzip: {}, brotli: {} }},",
            bytes(".gz"),
            bytes(".br")
        );
    }
    code.push_str("];\n");
    code
}
