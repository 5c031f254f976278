//! A project of an author: its language by the files that are there, its name, its component, its golden cases.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::error::{ToolError, read_text};

/// Language of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// `Cargo.toml`.
    Rust,
    /// `package.json`.
    JavaScript,
    /// `pyproject.toml`.
    Python,
}

impl Language {
    /// All, with their names on the command line and the files that give them away.
    const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Rust, "rust", "Cargo.toml"),
        (Self::JavaScript, "js", "package.json"),
        (Self::Python, "python", "pyproject.toml"),
    ];

    /// The name on the command line; also of its folder under `sdk/`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(language, ..)| *language == self).map_or("", |(_, name, _)| name)
    }

    /// The file that describes a project in it.
    #[must_use]
    pub fn manifest(self) -> &'static str {
        Self::ALL.iter().find(|(language, ..)| *language == self).map_or("", |(.., file)| file)
    }

    /// Of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| *known == name).map(|(language, ..)| *language)
    }
}

/// A project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its folder.
    pub folder: PathBuf,
    /// Its language.
    pub language: Language,
    /// What its manifest says.
    pub about: About,
}

/// What becomes metadata of the component.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// Name of the plug-in.
    pub name: String,
    /// Version.
    pub version: Option<String>,
    /// One line.
    pub description: Option<String>,
    /// Authors, joined by commas.
    pub authors: Option<String>,
    /// SPDX licence expression.
    pub license: Option<String>,
    /// Home page.
    pub homepage: Option<String>,
    /// Where the source is.
    pub source: Option<String>,
}

impl Project {
    /// The project of a folder.
    ///
    /// # Errors
    /// No manifest, or several; a manifest without a name.
    pub fn open(folder: &Path) -> Result<Self, ToolError> {
        let here: Vec<_> = Language::ALL.iter().filter(|(.., file)| folder.join(file).is_file()).collect();
        let language = match here.as_slice() {
            [(language, ..)] => *language,
            [] => {
                let reason = "this is no project of a plug-in, there is no Cargo.toml, package.json or pyproject.toml: make \
                              one with `veche plugin new`, or name its folder";
                return Err(ToolError::file(folder, reason));
            }
            several => {
                let files: Vec<_> = several.iter().map(|(.., file)| *file).collect();
                let reason = format!("{} are here together, so the language is unclear: keep one", files.join(" and "));
                return Err(ToolError::file(folder, reason));
            }
        };
        let path = folder.join(language.manifest());
        let text = read_text(&path)?;
        let about = match language {
            Language::Rust => about_of_cargo(&text),
            Language::JavaScript => about_of_npm(&text),
            Language::Python => about_of_python(&text),
        };
        let about = about.map_err(|reason| ToolError::file(&path, reason))?;
        Ok(Self { folder: folder.to_owned(), language, about })
    }

    /// Where its component goes: `dist/<name>.wasm`.
    #[must_use]
    pub fn component(&self) -> PathBuf {
        self.folder.join("dist").join(format!("{}.wasm", self.about.name))
    }

    /// Its files of golden cases, `cases/*.toml`, by name.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn cases(&self) -> Result<Vec<PathBuf>, ToolError> {
        case_files(&self.folder.join("cases"))
    }
}

/// Files of golden cases of a folder, by name; none where there is no such folder.
///
/// # Errors
/// The folder cannot be read.
pub fn case_files(folder: &Path) -> Result<Vec<PathBuf>, ToolError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = std::fs::read_dir(folder).map_err(|e| ToolError::file(folder, e.to_string()))?;
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "toml"));
    files.sort();
    Ok(files)
}

#[derive(Deserialize)]
struct CargoManifest {
    package: CargoPackage,
}

#[derive(Deserialize)]
struct CargoPackage {
    name: String,
    version: Option<String>,
    description: Option<String>,
    #[serde(default)]
    authors: Vec<String>,
    license: Option<String>,
    homepage: Option<String>,
    repository: Option<String>,
}

fn about_of_cargo(text: &str) -> Result<About, String> {
    let CargoManifest { package: p } = toml::from_str(text).map_err(|e| e.to_string())?;
    Ok(About {
        name: p.name,
        version: p.version,
        description: p.description,
        authors: joined(p.authors),
        license: p.license,
        homepage: p.homepage,
        source: p.repository,
    })
}

#[derive(Deserialize)]
struct NpmManifest {
    name: String,
    version: Option<String>,
    description: Option<String>,
    author: Option<String>,
    license: Option<String>,
    homepage: Option<String>,
}

fn about_of_npm(text: &str) -> Result<About, String> {
    let p: NpmManifest = serde_json::from_str(text).map_err(|e| e.to_string())?;
    Ok(About {
        name: p.name,
        version: p.version,
        description: p.description,
        authors: p.author,
        license: p.license,
        homepage: p.homepage,
        source: None,
    })
}

#[derive(Deserialize)]
struct PythonManifest {
    project: PythonProject,
}

#[derive(Deserialize)]
struct PythonProject {
    name: String,
    version: Option<String>,
    description: Option<String>,
    #[serde(default)]
    authors: Vec<PythonAuthor>,
    license: Option<toml::Value>,
}

#[derive(Deserialize)]
struct PythonAuthor {
    name: Option<String>,
}

fn about_of_python(text: &str) -> Result<About, String> {
    let PythonManifest { project: p } = toml::from_str(text).map_err(|e| e.to_string())?;
    Ok(About {
        name: p.name,
        version: p.version,
        description: p.description,
        authors: joined(p.authors.into_iter().filter_map(|author| author.name).collect()),
        license: p.license.and_then(|license| license.as_str().map(str::to_owned)),
        ..About::default()
    })
}

fn joined(names: Vec<String>) -> Option<String> {
    (!names.is_empty()).then(|| names.join(", "))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn open(files: &[(&str, &str)]) -> Result<Project, String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Project::open(folder.path()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_language_is_told_by_the_manifest() {
        let cargo = ("Cargo.toml", "[package]\nname = \"a-b\"\nversion = \"0.1.0\"\nauthors = [\"А\", \"Б\"]\n");
        let npm = ("package.json", r#"{"name": "a-b", "version": "0.1.0", "author": "А, Б"}"#);
        let python = (
            "pyproject.toml",
            "[project]\nname = \"a-b\"\nversion = \"0.1.0\"\nauthors = [{ name = \"А\" }, { name = \"Б\" }]\n",
        );
        for (file, language) in [(cargo, Language::Rust), (npm, Language::JavaScript), (python, Language::Python)] {
            let project = open(&[file]).unwrap();
            assert_eq!(project.language, language);
            assert_eq!((project.about.name.as_str(), project.about.version.as_deref()), ("a-b", Some("0.1.0")));
            assert_eq!(project.about.authors.as_deref(), Some("А, Б"));
            assert!(project.component().ends_with("dist/a-b.wasm"));
        }
        assert!(open(&[]).unwrap_err().contains("veche plugin new"));
        assert!(open(&[cargo, npm]).unwrap_err().contains("Cargo.toml and package.json are here together"));
        assert!(open(&[("Cargo.toml", "[workspace]\n")]).unwrap_err().contains("missing field `package`"));
    }
}
