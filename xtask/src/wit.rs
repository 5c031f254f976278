//! `cargo xtask wit`: holds the contract's promise to plug-ins that are already compiled.
//!
//! `wit/*.wit` is the working copy. A release freezes it into `wit/<version>/`, with the digest of each file in
//! `SHA256`; from then on that folder never changes, and the working copy may only grow: a component that was built
//! for a frozen version must run on a host of every later version of the same line (`0.1.*`, later `1.*`).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use semver::Version;
use sha2::{Digest as _, Sha256};
use wit_component::WitPrinter;
use wit_parser::{PackageId, Resolve};

/// The list of digests in a frozen folder, as `sha256sum` writes it.
const DIGESTS: &str = "SHA256";
const PACKAGE: (&str, &str) = ("veche", "plugin");

/// What to do with the contract.
#[derive(clap::Subcommand)]
pub(crate) enum Task {
    /// Compare the working copy with the last frozen version, and the frozen folders with their digests.
    Check,
    /// Freeze the working copy under its version; a released version is never frozen again.
    Freeze,
}

/// Runs one task on `wit/` and says what was found.
///
/// # Errors
/// What breaks the promise, and what to do instead.
pub(crate) fn run(root: &Path, task: &Task) -> anyhow::Result<()> {
    let wit = root.join("wit");
    match task {
        Task::Check => println!("{}", check(&wit)?),
        Task::Freeze => println!("frozen: {}", freeze(&wit)?.display()),
    }
    Ok(())
}

/// Checks every frozen folder against its digests and its predecessor, and the working copy against the last one.
///
/// # Errors
/// What breaks the promise, and what to do instead.
pub(crate) fn check(wit: &Path) -> anyhow::Result<String> {
    let frozen = frozen(wit)?;
    ensure!(!frozen.is_empty(), "{} holds no frozen version: run `cargo xtask wit freeze`", wit.display());
    for (version, folder) in &frozen {
        check_digests(folder)?;
        let (_, _, inside) = parse(folder)?;
        ensure!(inside == *version, "{} holds version {inside}: a folder is named for its version", folder.display());
    }
    for ((_, before), (_, after)) in frozen.iter().zip(frozen.iter().skip(1)) {
        check_growth(before, after)?;
    }
    let Some((last, folder)) = frozen.last_key_value() else { bail!("no version is frozen") };
    let (_, _, working) = parse(wit)?;
    if working == *last {
        check_same(wit, folder)?;
        return Ok(format!("the working copy is {last} as it was frozen"));
    }
    ensure!(working > *last, "the working copy says {working}, but {last} is frozen: raise its version");
    check_growth(folder, wit)?;
    Ok(format!("the working copy is {working}; what is compiled for {last} {}", fate(last, &working)))
}

fn fate(before: &Version, after: &Version) -> &'static str {
    if same_line(before, after) { "runs on it" } else { "needs an adapter in host/sandbox: it is another line" }
}

/// Freezes the working copy.
fn freeze(wit: &Path) -> anyhow::Result<PathBuf> {
    let (_, _, version) = parse(wit)?;
    let folder = wit.join(version.to_string());
    ensure!(!folder.exists(), "{version} is frozen: raise the version in {}/types.wit first", wit.display());
    if !frozen(wit)?.is_empty() {
        check(wit)?;
    }
    std::fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for file in files(wit)? {
        let name = file.file_name().with_context(|| format!("{} has no name", file.display()))?;
        std::fs::copy(&file, folder.join(name)).with_context(|| format!("cannot copy {}", file.display()))?;
    }
    std::fs::write(folder.join(DIGESTS), digests(&folder)?)?;
    Ok(folder)
}

/// Folders whose name is a version, oldest first.
fn frozen(wit: &Path) -> anyhow::Result<BTreeMap<Version, PathBuf>> {
    let entries = std::fs::read_dir(wit).with_context(|| format!("cannot read {}", wit.display()))?;
    let mut found = BTreeMap::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() {
            let version = name
                .parse()
                .with_context(|| format!("{} is no version: wit/ holds frozen versions alone", path.display()))?;
            found.insert(version, path);
        }
    }
    Ok(found)
}

fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wit") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn digests(folder: &Path) -> anyhow::Result<String> {
    let mut lines = String::new();
    for file in files(folder)? {
        let bytes = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        lines.push_str(&format!("{digest}  {name}\n"));
    }
    Ok(lines)
}

fn check_digests(folder: &Path) -> anyhow::Result<()> {
    let path = folder.join(DIGESTS);
    let written = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let found = digests(folder)?;
    if let Some(line) = found.lines().find(|line| !written.lines().any(|known| known == *line)) {
        let file = line.split_whitespace().nth(1).unwrap_or_default();
        bail!("{}: {file} was changed or added: a frozen version never changes; restore it", folder.display());
    }
    ensure!(found == written, "{}: a file is missing: a frozen version never changes; restore it", folder.display());
    Ok(())
}

/// The package of a folder with its version.
pub(crate) fn parse(folder: &Path) -> anyhow::Result<(Resolve, PackageId, Version)> {
    let mut resolve = Resolve::default();
    let (package, version) = push(&mut resolve, folder)?;
    Ok((resolve, package, version))
}

fn push(resolve: &mut Resolve, folder: &Path) -> anyhow::Result<(PackageId, Version)> {
    let (id, _) = resolve.push_dir(folder)?;
    let name = resolve.packages.get(id).map(|package| package.name.clone()).context("the package is not there")?;
    ensure!(
        (name.namespace.as_str(), name.name.as_str()) == PACKAGE,
        "{} holds package {name}, not {}:{}",
        folder.display(),
        PACKAGE.0,
        PACKAGE.1
    );
    let version = name.version.with_context(|| format!("the package of {} has no version", folder.display()))?;
    Ok((id, version))
}

/// The same types under the same version; comments may be mended.
fn check_same(working: &Path, frozen: &Path) -> anyhow::Result<()> {
    let print = |folder: &Path| -> anyhow::Result<String> {
        let (resolve, package, _) = parse(folder)?;
        let mut printer = WitPrinter::default();
        printer.emit_docs(false).print(&resolve, package, &[])?;
        Ok(printer.output.to_string())
    };
    let (now, before) = (print(working)?, print(frozen)?);
    if let Some((line, _)) = now.lines().zip(before.lines()).find(|(now, before)| now != before) {
        bail!(
            "the working copy differs from {} under the same version, first in `{}`: raise its version in types.wit",
            frozen.display(),
            line.trim()
        );
    }
    ensure!(now == before, "the working copy is longer or shorter than {}: raise its version", frozen.display());
    Ok(())
}

/// Whether a component that is built for every world of `before` fits the same world of `after`.
fn check_growth(before: &Path, after: &Path) -> anyhow::Result<()> {
    let mut resolve = Resolve::default();
    let (old, old_version) = push(&mut resolve, before)?;
    let (new, new_version) = push(&mut resolve, after)?;
    if !same_line(&old_version, &new_version) {
        return Ok(());
    }
    let worlds = |package: PackageId| {
        resolve.packages.get(package).map(|package| package.worlds.clone()).context("the package is not there")
    };
    let later = worlds(new)?;
    for (name, world) in worlds(old)? {
        let Some(successor) = later.get(&name) else { bail!("world `{name}` of {old_version} is gone: bring it back") };
        wit_component::semver_check(resolve.clone(), world, *successor).with_context(|| {
            format!(
                "world `{name}`: a plug-in that is compiled for {old_version} does not fit {new_version}. Types match \
                 as a whole, so add a function or an interface instead of changing one, or begin a new line"
            )
        })?;
    }
    Ok(())
}

/// Whether the linker takes one version for the other.
fn same_line(a: &Version, b: &Version) -> bool {
    match (a.major, a.minor) {
        (0, 0) => a == b,
        (0, _) => b.major == 0 && a.minor == b.minor,
        _ => a.major == b.major,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;

    const TYPES: &str = "package veche:plugin@0.1.0;\ninterface types { record point { x: u8, y: u8 } }\n";
    const WORLD: &str = "interface host { use types.{point}; at: func() -> point; }\n\
        interface kind { use types.{point}; move-to: func(to: point); }\n\
        world mover { import host; export kind; }\n";

    /// A contract with its 0.1.0 frozen, and the working copy as given.
    fn contract(types: &str, world: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), TYPES, WORLD);
        freeze(folder.path()).unwrap();
        write(folder.path(), types, world);
        folder
    }

    fn write(folder: &Path, types: &str, world: &str) {
        std::fs::write(folder.join("types.wit"), types).unwrap();
        std::fs::write(folder.join("world.wit"), world).unwrap();
    }

    #[test]
    fn what_keeps_compiled_plugins_running_is_allowed() {
        let next = TYPES.replace("0.1.0", "0.1.1");
        let function = WORLD.replace("-> point; }", "-> point; home: func() -> point; }");
        let interface = WORLD.replace("import host;", "import host; import log;") + "interface log { line: func(); }\n";
        let commented = WORLD.replace("world mover", "/// Moves.\nworld mover");
        for (types, world, said) in [
            (TYPES, WORLD, "as it was frozen"),
            (TYPES, commented.as_str(), "as it was frozen"),
            (&next, &function, "runs on it"),
            (&next, &interface, "runs on it"),
            (&TYPES.replace("0.1.0", "0.2.0"), &WORLD.replace("-> point", "-> u8"), "needs an adapter"),
        ] {
            let found = check(contract(types, world).path()).unwrap();
            assert!(found.contains(said), "{found}: not «{said}» for {types}{world}");
        }
    }

    #[test]
    fn what_breaks_compiled_plugins_is_refused() {
        let next = TYPES.replace("0.1.0", "0.1.1");
        let field = next.replace("y: u8", "y: u8, z: u8");
        let function = WORLD.replace("-> point; }", "-> point; home: func() -> point; }");
        let fewer_imports = WORLD.replace("import host; ", "");
        let more_exports = WORLD.replace("export kind;", "export kind; export more;") + "interface more { f: func(); }";
        for (types, world, said) in [
            (TYPES, function.as_str(), "differs from"),
            (&TYPES.replace("0.1.0", "0.0.9"), WORLD, "raise its version"),
            (&field, WORLD, "world `mover`"),
            (&next, &WORLD.replace("-> point", "-> u8"), "world `mover`"),
            (&next, &fewer_imports, "world `mover`"),
            (&next, &more_exports, "world `mover`"),
            (&next, &WORLD.replace("world mover", "world walker"), "is gone"),
        ] {
            let error = format!("{:#}", check(contract(types, world).path()).unwrap_err());
            assert!(error.contains(said), "{error}: not «{said}»");
        }
    }

    #[test]
    fn a_frozen_folder_never_changes() {
        let folder = contract(TYPES, WORLD);
        let frozen = folder.path().join("0.1.0");
        assert!(freeze(folder.path()).unwrap_err().to_string().contains("is frozen"));
        std::fs::write(frozen.join("types.wit"), format!("{TYPES}// a note\n")).unwrap();
        assert!(check(folder.path()).unwrap_err().to_string().contains("types.wit was changed"));
        std::fs::write(frozen.join("types.wit"), TYPES).unwrap();
        check(folder.path()).unwrap();
        std::fs::remove_file(frozen.join("world.wit")).unwrap();
        assert!(check(folder.path()).unwrap_err().to_string().contains("missing"));
    }
}
