//! Builds a project into one component, `dist/<name>.wasm`: by cargo and our own adapter for Rust, by the project's own
//! script for JavaScript and Python.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use wasm_metadata::{AddMetadata, AddMetadataField};
use wit_component::{ComponentEncoder, DecodedWasm};

use super::error::{ToolError, read, write};
use super::project::{About, Language, Project};
use super::template::embedded;

/// What Rust is compiled for.
pub const TARGET: &str = "wasm32-wasip1";
/// Answers WASI preview 1 inside the component.
const ADAPTER: &str = "sdk/adapter/wasi_snapshot_preview1.wat";
const PREVIEW1: &str = "wasi_snapshot_preview1";
/// Package that a component of ours imports from, and no other.
const CONTRACT: &str = "veche:plugin/";

/// Builds a project; where the component is.
///
/// # Errors
/// What is missing on this machine, and how to install it; what does not compile (the compiler has said why on the
/// standard error); a component that would import more than the contract.
pub fn build(project: &Project) -> Result<PathBuf, ToolError> {
    let built = match project.language {
        Language::Rust => rust(project)?,
        Language::JavaScript => javascript(project)?,
        Language::Python => python(project)?,
    };
    let component =
        with_metadata(&built, &project.about).map_err(|reason| ToolError::file(&manifest(project), reason))?;
    let path = project.component();
    // A component that did not change keeps its time, for whoever watches the file.
    if std::fs::read(&path).ok().as_ref() != Some(&component) {
        write(&path, &component)?;
    }
    Ok(path)
}

fn manifest(project: &Project) -> PathBuf {
    project.folder.join(project.language.manifest())
}

/// The module that cargo makes, encoded.
fn rust(project: &Project) -> Result<Vec<u8>, ToolError> {
    check_target(TARGET)?;
    let (package, target_dir) = package(project)?;
    let manifest = manifest(project);
    let arguments = ["rustc", "--quiet", "--release", "--lib", "--crate-type", "cdylib", "--target", TARGET];
    let mut cargo = cargo(&project.folder);
    cargo.args(arguments).args(["--package", &package]).env("CARGO_ENCODED_RUSTFLAGS", flags(project));
    run(&mut cargo, "cargo rustc", "the plug-in does not compile: see the messages above")?;
    let file = target_dir.join(TARGET).join("release").join(package.replace('-', "_")).with_extension("wasm");
    let module = read(&file).map_err(|_| {
        let reason =
            format!("cargo made no {}: give the package `[lib] crate-type = [\"cdylib\", \"rlib\"]`", file.display());
        ToolError::file(&manifest, reason)
    })?;
    encode(&module).map_err(|reason| ToolError::file(&manifest, reason))
}

/// Refuses to begin where the compile target is not installed.
///
/// # Errors
/// [`ToolError::Missing`] says what to install.
pub fn check_target(target: &str) -> Result<(), ToolError> {
    let missing = |what: &str, remedy: String| ToolError::Missing { what: what.to_owned(), remedy };
    let printed = Command::new("rustc").args(["--print", "target-libdir", "--target", target]).output();
    let printed = printed.map_err(|_| {
        let remedy = format!("install Rust (https://rustup.rs), then run `rustup target add {target}`");
        missing("rustc", remedy)
    })?;
    let folder = PathBuf::from(String::from_utf8_lossy(&printed.stdout).trim());
    let installed = printed.status.success() && folder.is_dir();
    let remedy =
        || format!("run `rustup target add {target}`; without rustup, install your distribution's package of it");
    if installed { Ok(()) } else { Err(missing(&format!("the Rust target {target}"), remedy())) }
}

/// Name of the project's package, and where cargo builds.
fn package(project: &Project) -> Result<(String, PathBuf), ToolError> {
    let mut cargo = cargo(&project.folder);
    let output = cargo.args(["metadata", "--format-version", "1", "--no-deps"]).output();
    let output = output.map_err(|_| no_program("cargo", "install Rust (https://rustup.rs)"))?;
    let reason = || String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if !output.status.success() {
        return Err(ToolError::Command { command: "cargo metadata".into(), reason: reason() });
    }
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let folder = metadata.get("target_directory").and_then(Value::as_str).unwrap_or("target");
    Ok((project.about.name.clone(), PathBuf::from(folder)))
}

/// A stack of 256 KiB, where the compiler's own choice is 1 MiB: what a call may have written is looked for in all of a
/// memory after it. And paths that say nothing of this machine: the same source gives the same component everywhere.
fn flags(project: &Project) -> OsString {
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo"));
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from).or(home);
    let folder = project.folder.canonicalize().ok();
    let mut flags = OsString::from("-Clink-arg=-zstack-size=262144");
    for (from, to) in [(cargo, "/cargo"), (folder, "")] {
        let Some(from) = from else { continue };
        flags.push("\u{1f}--remap-path-prefix=");
        flags.push(from);
        flags.push(if to.is_empty() { "/=" } else { "=" });
        flags.push(to);
    }
    flags
}

/// Makes a component of a core module that was compiled for [`TARGET`].
///
/// # Errors
/// What the module lacks, or what it imports beside the contract.
pub fn encode(module: &[u8]) -> Result<Vec<u8>, String> {
    let adapter = embedded(ADAPTER).unwrap_or_default();
    let adapter = wat::parse_bytes(adapter).map_err(|e| format!("the embedded adapter is broken: {e}"))?;
    let encode = || -> Result<Vec<u8>, String> {
        let text = |e| format!("{e:#}");
        let encoder = ComponentEncoder::default().module(module).map_err(text)?;
        encoder.adapter(PREVIEW1, &adapter).map_err(text)?.validate(true).encode().map_err(text)
    };
    let component = encode().map_err(|e| {
        format!("the module makes no component ({e}): say `veche_sdk::export!(Type: kind)` once in lib.rs")
    })?;
    let (imports, exports) = interfaces(&component)?;
    if !exports.iter().any(|name| name.starts_with("veche:plugin/plugin@")) {
        return Err(
            "the component exports no veche:plugin/plugin: say `veche_sdk::export!(Type: kind)` once in lib.rs".into(),
        );
    }
    let foreign: Vec<_> = imports.into_iter().filter(|name| !name.starts_with(CONTRACT)).collect();
    if foreign.is_empty() {
        return Ok(component);
    }
    Err(format!(
        "the component imports {}, and a plug-in imports {CONTRACT}* alone: find the dependency that calls it with \
         `cargo tree --target {TARGET}`, and leave it or its feature out",
        foreign.join(", ")
    ))
}

/// Names of what goes in and out.
fn interfaces(component: &[u8]) -> Result<(Vec<String>, Vec<String>), String> {
    let decoded = wit_component::decode(component).map_err(|e| format!("{e:#}"))?;
    let none = || Ok((Vec::new(), Vec::new()));
    let DecodedWasm::Component(resolve, world) = decoded else { return none() };
    let Some(world) = resolve.worlds.get(world) else { return none() };
    let names = |items: Vec<_>| items.into_iter().map(|key| resolve.name_world_key(key)).collect();
    Ok((names(world.imports.keys().collect()), names(world.exports.keys().collect())))
}

/// `npm ci` where the packages are missing or old, then the project's script `build`.
fn javascript(project: &Project) -> Result<Vec<u8>, ToolError> {
    let remedy = "install Node.js 20.19 or newer with npm (https://nodejs.org, or `apt-get install nodejs npm`)";
    for program in ["node", "npm"] {
        let found = Command::new(program).arg("--version").output();
        found.map_err(|_| no_program(program, remedy))?;
    }
    let lock = project.folder.join("package-lock.json");
    if !lock.is_file() {
        return Err(ToolError::file(&lock, "it is missing: run `npm install` once, and keep the file with the source"));
    }
    let installed = project.folder.join("node_modules/.package-lock.json");
    if is_older(&installed, &lock) {
        run(npm(project).args(["ci", "--no-audit", "--no-fund"]), "npm ci", "see the messages above")?;
    }
    run(npm(project).args(["run", "--silent", "build"]), "npm run build", "see the messages above")?;
    left_by_script(project, "npm run build")
}

/// A virtual environment with the packages of `requirements.txt`, then the project's `build.py`.
fn python(project: &Project) -> Result<Vec<u8>, ToolError> {
    let remedy =
        "install Python 3.10 or newer with venv (https://python.org, or `apt-get install python3 python3-venv`)";
    let found = Command::new("python3").arg("--version").output();
    found.map_err(|_| no_program("python3", remedy))?;
    let requirements = project.folder.join("requirements.txt");
    if !requirements.is_file() {
        return Err(ToolError::file(&requirements, "it is missing: it pins componentize-py with its hashes"));
    }
    let environment = project.folder.join(".venv");
    // Written when everything is installed: an installation that broke off is begun anew.
    let done = environment.join("installed");
    if is_older(&done, &requirements) {
        let mut make = Command::new("python3");
        make.args(["-m", "venv", ".venv"]).current_dir(&project.folder);
        run(&mut make, "python3 -m venv .venv", remedy)?;
        let mut pip = Command::new(environment.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", "requirements.txt"]);
        run(
            pip.current_dir(&project.folder),
            "pip install --require-hashes -r requirements.txt",
            "see the messages above",
        )?;
        write(&done, b"")?;
    }
    let program =
        environment.canonicalize().map_err(|e| ToolError::file(&environment, e.to_string()))?.join("bin/python");
    let mut script = Command::new(program);
    run(script.arg("build.py").current_dir(&project.folder), "python build.py", "see the messages above")?;
    left_by_script(project, "build.py")
}

fn left_by_script(project: &Project, script: &str) -> Result<Vec<u8>, ToolError> {
    let path = project.component();
    read(&path)
        .map_err(|_| ToolError::file(&path, format!("`{script}` ended well and left no such file: let it write there")))
}

/// Whether a file is missing or older than another.
fn is_older(made: &Path, source: &Path) -> bool {
    let time = |path: &Path| std::fs::metadata(path).and_then(|data| data.modified()).ok();
    time(made).is_none_or(|made| time(source).is_some_and(|source| made < source))
}

fn npm(project: &Project) -> Command {
    let mut npm = Command::new("npm");
    npm.current_dir(&project.folder);
    npm
}

/// Cargo in a folder, without what an outer run of it says about its own build.
fn cargo(folder: &Path) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(folder);
    for outer in
        ["CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS", "CARGO_BUILD_TARGET", "RUSTC_WORKSPACE_WRAPPER", "RUSTC_WRAPPER"]
    {
        cargo.env_remove(outer);
    }
    cargo
}

fn no_program(name: &str, remedy: &str) -> ToolError {
    ToolError::Missing { what: name.to_owned(), remedy: remedy.to_owned() }
}

/// Runs a tool. What it says goes to the standard error, so that the standard output stays this program's own.
fn run(command: &mut Command, name: &str, remedy: &str) -> Result<(), ToolError> {
    command.stdin(std::process::Stdio::null()).stdout(std::io::stderr());
    let status = command.status().map_err(|e| ToolError::Missing {
        what: command.get_program().display().to_string(),
        remedy: format!("{e}; {remedy}"),
    })?;
    if status.success() {
        return Ok(());
    }
    Err(ToolError::Command { command: name.to_owned(), reason: remedy.to_owned() })
}

/// Writes what the manifest says into the component.
fn with_metadata(component: &[u8], about: &About) -> Result<Vec<u8>, String> {
    let mut metadata = AddMetadata::default();
    metadata.name = AddMetadataField::Set(about.name.clone());
    metadata.version = field("version", about.version.as_deref())?;
    metadata.description = field("description", about.description.as_deref())?;
    metadata.authors = field("authors", about.authors.as_deref())?;
    metadata.licenses = field("license", about.license.as_deref())?;
    metadata.homepage = field("homepage", about.homepage.as_deref())?;
    metadata.source = field("repository", about.source.as_deref())?;
    if about.version.is_none() {
        return Err("it gives no version: a release needs one".into());
    }
    metadata.to_wasm(component).map_err(|e| format!("the metadata cannot be written: {e:#}"))
}

/// A field of the metadata; an empty one is left out.
fn field<T>(name: &str, text: Option<&str>) -> Result<AddMetadataField<T>, String>
where
    T: std::str::FromStr + Clone + std::fmt::Debug,
    T::Err: std::fmt::Display,
{
    Ok(match text.filter(|text| !text.is_empty()) {
        Some(text) => AddMetadataField::Set(text.parse().map_err(|e| format!("{name} {text:?}: {e:#}"))?),
        None => AddMetadataField::Keep,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_target_that_is_not_installed_is_named_with_the_command_that_installs_it() {
        let refused = check_target("thumbv6m-none-eabi").unwrap_err().to_string();
        assert!(
            refused.contains("thumbv6m-none-eabi is missing: run `rustup target add thumbv6m-none-eabi`"),
            "{refused}"
        );
        check_target(TARGET).unwrap();
    }

    #[test]
    fn a_module_without_the_contract_is_no_plug_in() {
        for module in ["(module)", r#"(module (import "env" "f" (func)))"#, "(component)"] {
            let refused = encode(&wat::parse_str(module).unwrap()).unwrap_err();
            assert!(refused.contains("`veche_sdk::export!(Type: kind)` once in lib.rs"), "{module}: {refused}");
        }
    }

    #[test]
    fn metadata_of_the_manifest_stands_in_the_component() {
        let about = About {
            name: "a-b".into(),
            version: Some("1.2.3".into()),
            authors: Some("Центр".into()),
            license: Some("Apache-2.0".into()),
            ..About::default()
        };
        let component = with_metadata(&wat::parse_str("(component)").unwrap(), &about).unwrap();
        let read = veche_sandbox::metadata(&component);
        assert_eq!((read.name.as_deref(), read.version.as_deref()), (Some("a-b"), Some("1.2.3")));
        assert_eq!((read.authors.as_deref(), read.licenses.as_deref()), (Some("Центр"), Some("Apache-2.0")));
        let refused = with_metadata(&component, &About { version: None, ..about }).unwrap_err();
        assert!(refused.contains("no version"), "{refused}");
    }
}
