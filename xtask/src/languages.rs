//! Builds the reference plug-ins in JavaScript and Python, each as its author would: `npm ci`, or a virtual environment
//! from hashes, then the project's own build.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail, ensure};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::node;
use crate::plugins::{check_imports, metadata};

/// Folder, and what it is written in. The name of the folder is that of the plug-in.
const PROJECTS: [(&str, Language); 2] =
    [("plugins/router-table-js", Language::JavaScript), ("plugins/router-table-python", Language::Python)];
const OUT: &str = "target/plugins";
/// Folders that a component is made of, beside its own.
const SHARED: [&str; 3] = ["wit", "sdk/js", "sdk/python"];
/// What builds leave in a folder.
const LEFT: [&str; 6] = ["node_modules", ".venv", ".veche", "dist", "__pycache__", ".mypy_cache"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    JavaScript,
    Python,
}

/// Builds what changed, and returns the components: `target/plugins/<name>.wasm`.
///
/// # Errors
/// No Node.js or Python, packages that cannot be had, a plug-in that does not build.
pub(crate) fn build(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let out = root.join(OUT);
    std::fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
    PROJECTS.iter().map(|(folder, language)| component(root, folder, *language, &out)).collect()
}

/// Checks types: TypeScript over the declarations that come from the contract, mypy over its bindings.
///
/// # Errors
/// What does not fit, in the words of the checker.
pub(crate) fn check_types(root: &Path) -> anyhow::Result<()> {
    for (folder, language) in PROJECTS {
        let folder = root.join(folder);
        match language {
            Language::JavaScript => run(Command::new("npm").args(["run", "--silent", "check"]), &folder)?,
            Language::Python => {
                environment(&folder, "requirements-dev.txt")?;
                run(Command::new(folder.join(PYTHON)).args(["-m", "mypy", "--no-error-summary"]), &folder)?;
            }
        }
    }
    Ok(())
}

fn component(root: &Path, folder: &str, language: Language, out: &Path) -> anyhow::Result<PathBuf> {
    let project = root.join(folder);
    let name = project.file_name().and_then(|name| name.to_str()).context("a plug-in without a name")?;
    let path = out.join(name).with_extension("wasm");
    // Python gives other bytes for the same source, and what is made of a component is kept by its digest: an unchanged
    // one is not built again.
    let inputs = inputs(root, folder)?;
    let stamp = out.join(name).with_extension("inputs");
    if path.exists() && std::fs::read_to_string(&stamp).is_ok_and(|built_from| built_from == inputs) {
        return Ok(path);
    }
    let fields = match language {
        Language::JavaScript => {
            node::install_folder(&project)?;
            run(Command::new("npm").args(["run", "--silent", "build"]), &project)?;
            serde_json::from_str(&read(&project.join("package.json"))?)?
        }
        Language::Python => {
            environment(&project, "requirements.txt")?;
            run(Command::new(project.join(PYTHON)).arg("build.py"), &project)?;
            pyproject(&read(&project.join("pyproject.toml"))?)?
        }
    };
    let built = project.join("dist").join(name).with_extension("wasm");
    let component = std::fs::read(&built).with_context(|| format!("the build left no {}", built.display()))?;
    check_imports(&component).with_context(|| format!("plug-in {name}"))?;
    std::fs::write(&path, metadata(name, &fields)?.to_wasm(&component)?)
        .with_context(|| format!("cannot write {}", path.display()))?;
    std::fs::write(&stamp, inputs)?;
    Ok(path)
}

/// Where a virtual environment has its Python.
const PYTHON: &str = ".venv/bin/python";
/// Oldest Python that the SDK runs on.
const OLDEST: (u32, u32) = (3, 11);

/// Makes the virtual environment of a project with the packages of a file, if they are not there yet.
fn environment(project: &Path, requirements: &str) -> anyhow::Result<()> {
    let wanted = read(&project.join(requirements))?;
    let stamp = project.join(".venv").join(format!("{requirements}.installed"));
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    if !project.join(PYTHON).exists() {
        run(Command::new(python()?).args(["-m", "venv", ".venv"]), project)
            .context("on Debian, `python3 -m venv` needs the package python3-venv")?;
    }
    let mut pip = Command::new(project.join(PYTHON));
    run(pip.args(["-m", "pip", "install", "--quiet", "--require-hashes", "-r", requirements]), project)?;
    std::fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}

fn python() -> anyhow::Result<&'static str> {
    const PROGRAM: &str = "python3";
    let needed = format!("plug-ins in Python need Python {}.{} or newer: https://www.python.org", OLDEST.0, OLDEST.1);
    let test = format!("import sys; sys.exit(sys.version_info < ({}, {}))", OLDEST.0, OLDEST.1);
    let status = Command::new(PROGRAM).args(["-c", &test]).status().with_context(|| needed.clone())?;
    if !status.success() {
        bail!("{needed}; here is an older one");
    }
    Ok(PROGRAM)
}

fn run(command: &mut Command, folder: &Path) -> anyhow::Result<()> {
    let program = command.get_program().display().to_string();
    let status = command.current_dir(folder).status().with_context(|| format!("cannot start {program}"))?;
    ensure!(status.success(), "{program} failed in {}: see the messages above", folder.display());
    Ok(())
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The table `project` under the names that `Cargo.toml` has.
fn pyproject(text: &str) -> anyhow::Result<Value> {
    let mut file: Value = serde_json::to_value(toml::from_str::<toml::Table>(text)?)?;
    let mut project = file.get_mut("project").map(Value::take).context("pyproject.toml has no [project]")?;
    if let Some(authors) = project.get_mut("authors").and_then(Value::as_array_mut) {
        for author in authors {
            *author = author.get("name").cloned().unwrap_or_default();
        }
    }
    Ok(project)
}

/// Digest of every file that a component is made of.
fn inputs(root: &Path, folder: &str) -> anyhow::Result<String> {
    let mut files = Vec::new();
    for folder in SHARED.iter().chain([&folder]) {
        collect(&root.join(folder), &mut files)?;
    }
    files.sort();
    let mut digest = Sha256::new();
    for file in files {
        let bytes = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        digest.update(file.strip_prefix(root)?.to_string_lossy().as_bytes());
        digest.update((bytes.len() as u64).to_le_bytes());
        digest.update(bytes);
    }
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let entry = entry?;
        let left = LEFT.iter().any(|name| entry.file_name() == *name);
        match entry.file_type()? {
            _ if left => {}
            kind if kind.is_dir() => collect(&entry.path(), files)?,
            kind if kind.is_file() => files.push(entry.path()),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_python_project_says_what_cargo_would() {
        let fields =
            pyproject("[project]\nname = \"a\"\nversion = \"0.2.0\"\nauthors = [{ name = \"A\" }, { name = \"B\" }]\n");
        let made = metadata("a", &fields.unwrap()).unwrap().to_wasm(&wat::parse_str("(component)").unwrap()).unwrap();
        let found = wasm_metadata::Payload::from_binary(&made).unwrap();
        let found = found.metadata();
        let texts = [found.name.clone().unwrap(), found.version.as_ref().unwrap().to_string()];
        assert_eq!(texts, ["a", "0.2.0"]);
        assert_eq!(found.authors.as_ref().unwrap().to_string(), "A, B");
        assert!(pyproject("[tool]\n").is_err());
    }
}
