//! Builds the reference plug-ins and those of the tests: core module → component without WASI → metadata.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use wasm_metadata::{AddMetadata, AddMetadataField};
use wit_component::{ComponentEncoder, DecodedWasm};

/// What plug-ins are compiled for.
pub(crate) const TARGET: &str = "wasm32-wasip1";
const ADAPTER: &str = "sdk/adapter/wasi_snapshot_preview1.wat";
/// Package that a plug-in may import from, and no other.
const CONTRACT: &str = "veche:plugin/";

/// Workspaces of plug-ins, and where their components go.
const WORKSPACES: [(&str, &str); 2] = [("plugins", "target/plugins"), ("guests", "target/guests")];

/// Builds every member of `plugins/` and of `guests/` that is a `cdylib`, and returns the components: `target/plugins/<name>.wasm`,
/// `target/guests/<name>.wasm`.
///
/// # Errors
/// The target is not installed and cannot be, a plug-in does not compile, or a component would import
/// something outside the contract.
pub(crate) fn build(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    install_target()?;
    let adapter = wat::parse_file(root.join(ADAPTER)).with_context(|| format!("{ADAPTER} is no valid module"))?;
    let mut built = Vec::new();
    for (workspace, out) in WORKSPACES {
        let out = root.join(out);
        std::fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
        for package in packages(root, workspace)? {
            built.push(package.build(root, &adapter, &out)?);
        }
    }
    Ok(built)
}

/// What `Cargo.toml` says of a plug-in.
struct Package {
    workspace: &'static str,
    name: String,
    fields: Value,
}

impl Package {
    fn build(&self, root: &Path, adapter: &[u8], out: &Path) -> anyhow::Result<PathBuf> {
        let name = &self.name;
        let module = self.compile(root)?;
        let module = std::fs::read(&module).with_context(|| format!("cannot read {}", module.display()))?;
        let component = encode(&module, adapter).with_context(|| format!("plug-in {name} makes no component"))?;
        check_imports(&component).with_context(|| format!("plug-in {name}"))?;
        let component = metadata(name, &self.fields)?.to_wasm(&component)?;
        let path = out.join(format!("{name}.wasm"));
        // A component that did not change keeps its time, for whoever watches the file.
        if std::fs::read(&path).ok().as_ref() != Some(&component) {
            std::fs::write(&path, component).with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(path)
    }

    /// The core module. Only the `cdylib`: with an `rlib` beside it there is no link-time optimisation.
    fn compile(&self, root: &Path) -> anyhow::Result<PathBuf> {
        let target_dir = root.join("target/plugins-build");
        let status = cargo()
            .args(["rustc", "--quiet", "--locked", "--release", "--lib", "--crate-type", "cdylib", "--target", TARGET])
            .args(["--package", &self.name])
            .current_dir(root.join(self.workspace))
            .env("CARGO_TARGET_DIR", &target_dir)
            .env("CARGO_ENCODED_RUSTFLAGS", flags(root))
            .status()
            .context("cannot start cargo")?;
        ensure!(status.success(), "plug-in {} does not compile: see the messages above", self.name);
        Ok(target_dir.join(TARGET).join("release").join(self.name.replace('-', "_")).with_extension("wasm"))
    }
}

/// Metadata of a component from what `Cargo.toml`, `package.json` or `pyproject.toml` says.
pub(crate) fn metadata(name: &str, fields: &Value) -> anyhow::Result<AddMetadata> {
    let text = |field: &str| fields.get(field).and_then(Value::as_str);
    let authors = fields.get("authors").and_then(Value::as_array).into_iter().flatten();
    let authors: Vec<&str> = authors.filter_map(Value::as_str).chain(text("author")).collect();

    let mut metadata = AddMetadata::default();
    metadata.name = AddMetadataField::Set(name.to_owned());
    metadata.version = field(text("version"))?;
    metadata.description = field(text("description"))?;
    metadata.authors = field(Some(authors.join(", ").as_str()))?;
    metadata.licenses = field(text("license"))?;
    metadata.homepage = field(text("homepage"))?;
    metadata.source = field(text("repository"))?;
    Ok(metadata)
}

/// A stack of 256 KiB, where the compiler's own choice is 1 MiB: what a call may have written is looked for in all of a
/// memory after it. And flags that keep the folders of this machine out of panic messages: the same source gives the
/// same component everywhere.
fn flags(root: &Path) -> std::ffi::OsString {
    let home = std::env::var_os("HOME").or_else(|| std::env::var_os("USERPROFILE")).map(PathBuf::from);
    let cargo = std::env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| home.map(|home| home.join(".cargo")));
    let mut flags = std::ffi::OsString::from("-Clink-arg=-zstack-size=262144");
    for (from, to) in [(Some(root.to_owned()), "/veche"), (cargo, "/cargo")] {
        let Some(from) = from else { continue };
        flags.push("\u{1f}--remap-path-prefix=");
        flags.push(from);
        flags.push("=");
        flags.push(to);
    }
    flags
}

/// A field of the metadata; an empty one is left out.
fn field<T>(text: Option<&str>) -> anyhow::Result<AddMetadataField<T>>
where
    T: std::str::FromStr<Err = anyhow::Error> + Clone + std::fmt::Debug,
{
    Ok(match text.filter(|text| !text.is_empty()) {
        Some(text) => AddMetadataField::Set(text.parse().with_context(|| format!("metadata «{text}» is not valid"))?),
        None => AddMetadataField::Keep,
    })
}

fn packages(root: &Path, workspace: &'static str) -> anyhow::Result<Vec<Package>> {
    let output = cargo()
        .args(["metadata", "--format-version", "1", "--no-deps", "--locked"])
        .current_dir(root.join(workspace))
        .output()
        .context("cannot start cargo")?;
    ensure!(output.status.success(), "{workspace}/: {}", String::from_utf8_lossy(&output.stderr).trim());
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata
        .get("packages")
        .and_then(Value::as_array)
        .with_context(|| format!("cargo names no packages in {workspace}/"))?;
    packages
        .iter()
        .filter(|package| is_component(package))
        .map(|package| {
            let name = package.get("name").and_then(Value::as_str);
            let name = name.with_context(|| format!("a package in {workspace}/ has no name"))?;
            Ok(Package { workspace, name: name.to_owned(), fields: package.clone() })
        })
        .collect()
}

/// What several plug-ins share is a library and no component.
fn is_component(package: &Value) -> bool {
    let strings = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let targets = strings(package.get("targets"));
    targets.iter().any(|target| strings(target.get("kind")).iter().any(|kind| kind == "cdylib"))
}

fn encode(module: &[u8], adapter: &[u8]) -> anyhow::Result<Vec<u8>> {
    ComponentEncoder::default().module(module)?.adapter("wasi_snapshot_preview1", adapter)?.validate(true).encode()
}

/// Holds the promise that a plug-in built with the SDK imports the contract alone.
pub(crate) fn check_imports(component: &[u8]) -> anyhow::Result<()> {
    let (imports, exports) = interfaces(component)?;
    let foreign: Vec<_> = imports.iter().filter(|name| !name.starts_with(CONTRACT)).map(String::as_str).collect();
    ensure!(
        foreign.is_empty(),
        "imports {}: only {CONTRACT}* is allowed; find the dependency that calls it, or answer it in {ADAPTER}",
        foreign.join(", ")
    );
    ensure!(
        exports.iter().any(|name| name.starts_with("veche:plugin/plugin@")),
        "exports {exports:?} and not {CONTRACT}plugin: in Rust, say `veche_sdk::export!(Type: kind)` in lib.rs"
    );
    Ok(())
}

/// Names of the imported and the exported interfaces of a component.
pub(crate) fn interfaces(component: &[u8]) -> anyhow::Result<(BTreeSet<String>, BTreeSet<String>)> {
    let DecodedWasm::Component(resolve, world) = wit_component::decode(component)? else {
        bail!("this is a WIT package and no component");
    };
    let world = resolve.worlds.get(world).context("the component has no world")?;
    let names = |items: Vec<_>| items.into_iter().map(|key| resolve.name_world_key(key)).collect();
    Ok((names(world.imports.keys().collect()), names(world.exports.keys().collect())))
}

/// Installs the compile target where it is missing. A `rust-toolchain.toml` would not do it: rustup
/// ignores its targets where automatic installation is off.
fn install_target() -> anyhow::Result<()> {
    let without_rustup = format!(
        "rustup is not here, so it is unknown whether the target {TARGET} is: install rustup (https://rustup.rs) and \
         run `rustup target add {TARGET}`"
    );
    let listed = match Command::new("rustup").args(["target", "list", "--installed"]).output() {
        Ok(listed) => listed,
        // A toolchain without rustup may bring the target along.
        Err(_) if target_of_sysroot() => return Ok(()),
        Err(_) => bail!(without_rustup),
    };
    if String::from_utf8_lossy(&listed.stdout).lines().any(|line| line.trim() == TARGET) {
        return Ok(());
    }
    let status = Command::new("rustup").args(["target", "add", TARGET]).status()?;
    ensure!(status.success(), "`rustup target add {TARGET}` failed: run it by hand when the network is there");
    Ok(())
}

fn target_of_sysroot() -> bool {
    Command::new("rustc").args(["--print", "sysroot"]).output().is_ok_and(|printed| {
        let sysroot = String::from_utf8_lossy(&printed.stdout).trim().to_owned();
        Path::new(&sysroot).join("lib/rustlib").join(TARGET).join("lib").is_dir()
    })
}

/// Cargo as it was started, without what the outer cargo run says about its own build.
fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for outer in ["CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS", "CARGO_BUILD_TARGET", "RUSTC_WORKSPACE_WRAPPER"] {
        cargo.env_remove(outer);
    }
    cargo
}
