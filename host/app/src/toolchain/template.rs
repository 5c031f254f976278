//! New projects: templates, and the SDK beside them, as they are embedded in this program. A project needs no clone of
//! Veche and no registry that serves the SDK; it holds exactly the contract and the SDK that this host knows.

use std::path::{Path, PathBuf};

use veche_domain::code::PluginName;
use veche_domain::decision::Kind;

use super::error::{ToolError, write};
use super::project::Language;

/// Path in the repository, and content.
static FILES: &[(&str, &[u8])] = &include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Where the SDK goes in a project.
const VENDOR: &str = "vendor/veche";
/// A file of this name becomes `.gitignore`: cargo and npm would read it where the template stands.
const GITIGNORE: &str = "gitignore";

/// A file that is embedded.
#[must_use]
pub fn embedded(path: &str) -> Option<&'static [u8]> {
    FILES.iter().find(|(name, _)| *name == path).map(|(_, bytes)| *bytes)
}

/// A project to be made.
#[derive(Debug, Clone)]
pub struct New<'a> {
    /// Name of the plug-in: lower-case latin letters, digits and `-`.
    pub name: &'a str,
    /// What it does.
    pub kind: Kind,
    /// Language.
    pub language: Language,
    /// Folder to make.
    pub folder: &'a Path,
    /// A clone of Veche whose SDK it uses; none copies the embedded one into the project.
    pub sdk: Option<&'a Path>,
}

/// Makes a project; the files that were written, relative to it.
///
/// # Errors
/// A name that is none, a folder that is not empty, a language or kind without a template, a clone that is none.
pub fn create(new: &New<'_>) -> Result<Vec<PathBuf>, ToolError> {
    let name = check_name(new.name)?;
    let occupied = std::fs::read_dir(new.folder).is_ok_and(|mut entries| entries.next().is_some());
    if occupied || new.folder.is_file() {
        let reason = "it exists and is not empty: choose another name, or another folder with --dir";
        return Err(ToolError::file(new.folder, reason));
    }
    let language = new.language.as_str();
    let common = format!("sdk/templates/{language}/common/");
    let own = format!("sdk/templates/{language}/{}/", new.kind);
    if !FILES.iter().any(|(path, _)| path.starts_with(&own)) {
        let reason = format!("there is no template for {} in {language} in this program", new.kind);
        return Err(ToolError::Invalid { what: "--lang", reason });
    }
    let base = match new.sdk {
        Some(clone) => relative(new.folder, &sdk_of(clone, language)?)?,
        None => PathBuf::from(VENDOR),
    };
    let words = Words::new(&name, new.kind, &base);
    let mut written = Vec::new();
    // Files of the kind are laid over those of the language, and both over the region that all share.
    for prefix in ["sdk/templates/region/", &common, &own] {
        for (path, content) in FILES.iter().filter(|(path, _)| path.starts_with(prefix)) {
            let inside = path.strip_prefix(prefix).unwrap_or(path);
            let inside =
                if prefix == "sdk/templates/region/" { format!("region/{inside}") } else { words.fill(inside) };
            let path = hidden(Path::new(&inside));
            let content =
                std::str::from_utf8(content).map_or_else(|_| content.to_vec(), |text| words.fill(text).into());
            write(&new.folder.join(&path), &content)?;
            written.push(path);
        }
    }
    if new.sdk.is_none() {
        for (path, content) in FILES.iter().filter(|(path, _)| is_vendored(path, language)) {
            let path = Path::new(VENDOR).join(path);
            write(&new.folder.join(&path), content)?;
            written.push(path);
        }
    }
    written.sort();
    written.dedup();
    Ok(written)
}

fn check_name(name: &str) -> Result<String, ToolError> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let sound = name.starts_with(|c: char| c.is_ascii_lowercase()) && !name.ends_with('-') && name.chars().all(fits);
    if !sound || PluginName::new(name).is_err() {
        let shown: String = name.chars().take(80).collect();
        let reason = format!(
            "{shown:?} is no name of a plug-in: begin with a lower-case latin letter and go on with letters, digits and `-`, \
             for example deadline-router"
        );
        return Err(ToolError::Invalid { what: "NAME", reason });
    }
    Ok(name.to_owned())
}

/// The root of a clone that is used in place.
fn sdk_of(clone: &Path, language: &str) -> Result<PathBuf, ToolError> {
    let found = clone.join("sdk").join(language).is_dir() && clone.join("wit/types.wit").is_file();
    let whole = clone.canonicalize().ok().filter(|_| found);
    whole.ok_or_else(|| {
        ToolError::file(
            clone,
            format!("it holds no sdk/{language} and wit: name the root of a clone of Veche, or leave --sdk out"),
        )
    })
}

/// A path as it is seen from a folder that is yet to be made: a lock file of npm keeps relative paths alone.
fn relative(folder: &Path, to: &Path) -> Result<PathBuf, ToolError> {
    std::fs::create_dir_all(folder).map_err(|e| ToolError::file(folder, format!("it cannot be made: {e}")))?;
    let from = folder.canonicalize().map_err(|e| ToolError::file(folder, e.to_string()))?;
    let common = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(common).map(|_| std::path::Component::ParentDir);
    Ok(up.chain(to.components().skip(common)).collect())
}

/// Whether a file goes along with a project: the contract, and the SDK of its language.
fn is_vendored(path: &str, language: &str) -> bool {
    path.starts_with("wit/") || path.strip_prefix("sdk/").is_some_and(|rest| rest.starts_with(&format!("{language}/")))
}

fn hidden(path: &Path) -> PathBuf {
    match path.file_name() {
        Some(name) if name == GITIGNORE => path.with_file_name(".gitignore"),
        _ => path.to_owned(),
    }
}

/// What stands for the placeholders.
struct Words([(&'static str, String); 6]);

impl Words {
    fn new(name: &str, kind: Kind, base: &Path) -> Self {
        let path = |part: &str| base.join(part).display().to_string();
        let capital = |word: &str| {
            let mut chars = word.chars();
            chars.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + chars.as_str())
        };
        Self([
            ("{{name}}", name.to_owned()),
            ("{{snake}}", name.replace('-', "_")),
            ("{{Type}}", name.split('-').map(capital).collect()),
            ("{{kind}}", kind.to_string()),
            ("{{sdk}}", path("sdk")),
            ("{{wit}}", path("wit")),
        ])
    }

    fn fill(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (mark, word)| text.replace(mark, word))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn new<'a>(name: &'a str, folder: &'a Path, sdk: Option<&'a Path>) -> New<'a> {
        New { name, kind: Kind::Categorizer, language: Language::Rust, folder, sdk }
    }

    #[test]
    fn a_project_holds_the_sdk_and_no_placeholder() {
        for kind in Kind::ALL {
            let folder = tempfile::tempdir().unwrap();
            let written = create(&New { kind: *kind, ..new("first-rule", folder.path(), None) }).unwrap();
            for path in ["Cargo.toml", ".gitignore", "region/blocks.csv", "vendor/veche/wit/types.wit"] {
                assert!(written.contains(&PathBuf::from(path)), "{kind}: {path} in {written:?}");
            }
            assert!(written.iter().any(|path| path.starts_with("cases")), "{kind}");
            for path in written.iter().filter(|path| !path.starts_with("vendor")) {
                let text = std::fs::read_to_string(folder.path().join(path)).unwrap();
                assert!(!text.contains("{{") || path.ends_with("README.md"), "{}", path.display());
            }
        }
    }

    #[test]
    fn what_is_there_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("notes.txt"), "mine").unwrap();
        let refused = create(&new("first-rule", folder.path(), None)).unwrap_err().to_string();
        assert!(refused.contains("exists and is not empty"), "{refused}");
        let file = folder.path().join("notes.txt");
        assert!(create(&new("first-rule", &file, None)).is_err());
    }

    #[test]
    fn a_name_must_serve_as_a_package_and_as_a_plug_in() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["", "Rule", "правило", "a b", "1st", "rule-", "../rule", "a/b", &"r".repeat(81)] {
            let refused = create(&new(name, &folder.path().join("p"), None)).unwrap_err().to_string();
            assert!(refused.contains("no name of a plug-in"), "{name}: {refused}");
        }
        assert!(!folder.path().join("p").exists());
    }

    #[test]
    fn a_clone_is_used_in_place() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let written = create(&new("first-rule", folder.path(), Some(&root))).unwrap();
        assert!(!written.iter().any(|path| path.starts_with("vendor")));
        let manifest = std::fs::read_to_string(folder.path().join("Cargo.toml")).unwrap();
        let manifest: toml::Table = manifest.parse().unwrap();
        let sdk = Path::new(manifest["dependencies"]["veche-sdk"]["path"].as_str().unwrap());
        assert!(sdk.is_relative(), "{}", sdk.display());
        assert_eq!(folder.path().join(sdk).canonicalize().unwrap(), root.join("sdk/rust"));
        let refused = create(&new("first-rule", &folder.path().join("p"), Some(folder.path()))).unwrap_err();
        assert!(refused.to_string().contains("root of a clone"), "{refused}");
    }
}
