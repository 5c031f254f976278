//! A plug-in in a few lines of WAT: everything but the bodies of its exports is given.
//!
//! The canonical ABI by hand. A result larger than one value is written to memory, and its address is what the export
//! returns. What a body may use:
//!
//! - `(call $alloc size)`: fresh memory, aligned to 8, never freed;
//! - `(call $pass)`: «no opinion», the answer of a categorizer or a router that has nothing to say;
//! - `(call $candidate code length confidence)`: a categorizer's answer of one candidate without reasons;
//! - `(call $assign code length)`: a router's answer of a body without clocks and reasons;
//! - `(call $fail text length)`: the plug-in's own failure;
//! - texts of [`Guest::text`] by address; `$settings` and `$length` in `configure`; `$appeal` in `categorize` and `route`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// A kind of plug-in, for the world of the contract that it implements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum World {
    /// `categorizer-plugin`.
    Categorizer,
    /// `router-plugin`.
    Router,
    /// `indicators-plugin`.
    Indicators,
    /// `exporter-plugin`.
    Exporter,
}

impl World {
    /// The kind's name: the interface that it exports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Categorizer => "categorizer",
            Self::Router => "router",
            Self::Indicators => "indicators",
            Self::Exporter => "exporter",
        }
    }

    /// Exports of the kind: name, parameters, and what they do where a guest says nothing.
    fn exports(self) -> &'static [(&'static str, &'static str, &'static str)] {
        match self {
            Self::Categorizer => &[("categorize", "(param $appeal i32)", "(call $pass)")],
            Self::Router => &[("route", "(param $appeal i32)", "(call $pass)")],
            Self::Indicators => &[
                ("definitions", "", "(call $alloc (i32.const 8))"),
                (
                    "measure",
                    "(param $code i32) (param $length i32) (param i32 i32 i32 i32 i32 i32 i64 i64 i64) (param $facts i32)",
                    "(call $alloc (i32.const 12))",
                ),
            ],
            Self::Exporter => &[
                ("formats", "", "(call $alloc (i32.const 8))"),
                ("export", "(param $request i32)", "(call $alloc (i32.const 32))"),
            ],
        }
    }
}

/// The folder of the repository.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Where the texts begin; the answers of the prelude stand below.
const TEXTS: u32 = 4_096;
/// Where `$alloc` begins.
const HEAP: u32 = 65_536;

/// A plug-in to be.
#[derive(Debug, Clone)]
pub struct Guest {
    world: World,
    wit: PathBuf,
    rewritten: Vec<(String, String)>,
    more_wit: Vec<(String, String)>,
    version: String,
    imports: String,
    fields: String,
    bodies: Vec<(String, String)>,
    posts: Vec<(String, String)>,
    renamed: Vec<(String, String)>,
    memory: String,
    schema: String,
    texts: Vec<u8>,
}

impl Guest {
    /// A plug-in of one kind that has no opinion on anything.
    #[must_use]
    pub fn new(world: World) -> Self {
        Self {
            world,
            wit: root().join("wit"),
            rewritten: Vec::new(),
            more_wit: Vec::new(),
            version: "0.1.0".into(),
            imports: String::new(),
            fields: String::new(),
            bodies: Vec::new(),
            posts: Vec::new(),
            renamed: Vec::new(),
            memory: "4".into(),
            schema: r#"{"type":"object"}"#.into(),
            texts: Vec::new(),
        }
    }

    /// A categorizer that has no opinion.
    #[must_use]
    pub fn categorizer() -> Self {
        Self::new(World::Categorizer)
    }

    /// A router that has no opinion.
    #[must_use]
    pub fn router() -> Self {
        Self::new(World::Router)
    }

    /// Builds against another folder of WIT, a frozen version for example.
    #[must_use]
    pub fn wit(mut self, folder: PathBuf) -> Self {
        self.wit = folder;
        self
    }

    /// Claims another version of the contract.
    #[must_use]
    pub fn version(self, version: &str) -> Self {
        let mut guest = self.rewrite("veche:plugin@0.1.0", &format!("veche:plugin@{version}"));
        guest.version = version.into();
        guest
    }

    /// Replaces a text of the contract, so that types are wrong behind right names.
    #[must_use]
    pub fn rewrite(mut self, from: &str, to: &str) -> Self {
        self.rewritten.push((from.into(), to.into()));
        self
    }

    /// Adds a package to the contract's dependencies, `wasi:sockets` for example.
    #[must_use]
    pub fn package(mut self, folder: &str, wit: &str) -> Self {
        self.more_wit.push((folder.into(), wit.into()));
        self
    }

    /// Imports a function of the contract: `import("log", "write", "(func $log (param i32 i32 i32))")`.
    #[must_use]
    pub fn import(self, interface: &str, name: &str, func: &str) -> Self {
        let module = format!("veche:plugin/{interface}@{}", self.version);
        self.import_from(&module, name, func)
    }

    /// Imports a function of any module.
    #[must_use]
    pub fn import_from(mut self, module: &str, name: &str, func: &str) -> Self {
        writeln!(self.imports, "(import \"{module}\" \"{name}\" {func})").unwrap();
        self
    }

    /// Adds module fields: functions, globals, tables, a start function.
    #[must_use]
    pub fn fields(mut self, wat: &str) -> Self {
        self.fields.push_str(wat);
        self.fields.push('\n');
        self
    }

    /// Body of an export: `describe`, `configure`, `cabi_realloc`, or a function of the kind.
    #[must_use]
    pub fn body(mut self, export: &str, wat: &str) -> Self {
        self.bodies.push((export.into(), wat.into()));
        self
    }

    /// Body of what is called after an export's result was read; the address is `$result`.
    #[must_use]
    pub fn post_return(mut self, export: &str, wat: &str) -> Self {
        self.posts.push((export.into(), wat.into()));
        self
    }

    /// Exports a function under another name, as a contract with that name wants.
    #[must_use]
    pub fn rename(mut self, export: &str, name: &str) -> Self {
        self.renamed.push((export.into(), name.into()));
        self
    }

    /// Pages of memory at the start and, after a space, at most: `4`, `4 8`.
    #[must_use]
    pub fn memory(mut self, pages: &str) -> Self {
        self.memory = pages.into();
        self
    }

    /// JSON Schema of the settings.
    #[must_use]
    pub fn schema(mut self, schema: &str) -> Self {
        self.schema = schema.into();
        self
    }

    /// Puts a text into memory; `(address, length)` as constants of WAT.
    pub fn text(&mut self, text: impl AsRef<[u8]>) -> String {
        let bytes = text.as_ref();
        let at = TEXTS + u32::try_from(self.texts.len()).unwrap();
        self.texts.extend_from_slice(bytes);
        format!("(i32.const {at}) (i32.const {})", bytes.len())
    }

    /// The core module as text.
    #[must_use]
    pub fn wat(&self) -> String {
        let schema_at = TEXTS + u32::try_from(self.texts.len()).unwrap();
        let schema_length = self.schema.len();
        let mut data = self.texts.clone();
        data.extend_from_slice(self.schema.as_bytes());
        assert!(data.len() < (HEAP - TEXTS) as usize, "the texts run into the heap");
        let data: String = data.iter().map(|byte| format!("\\{byte:02x}")).collect();
        let describe = format!(
            "(i32.store offset=16 (i32.const 2048) (i32.const {schema_at}))
             (i32.store offset=20 (i32.const 2048) (i32.const {schema_length}))
             (i32.const 2048)"
        );
        let configure = "(call $alloc (i32.const 24))";
        let common: [(&str, &str, &str); 2] =
            [("describe", "", &describe), ("configure", "(param $settings i32) (param $length i32)", configure)];
        let realloc = find(&self.bodies, "cabi_realloc").unwrap_or("(call $alloc (local.get $size))");
        let mut exports = format!(
            "(func (export \"cabi_realloc\") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32)
               (result i32) {realloc})\n"
        );
        for (interface, functions) in [("plugin", &common[..]), (self.world.name(), self.world.exports())] {
            for (name, params, usual) in functions {
                let body = find(&self.bodies, name).unwrap_or(usual);
                let shown = find(&self.renamed, name).unwrap_or(name);
                let export = format!("veche:plugin/{interface}@{}#{shown}", self.version);
                writeln!(exports, "(func (export \"{export}\") {params} (result i32) {body})").unwrap();
                if let Some(post) = find(&self.posts, name) {
                    writeln!(exports, "(func (export \"cabi_post_{export}\") (param $result i32) {post})").unwrap();
                }
            }
        }
        let (imports, memory, fields) = (&self.imports, &self.memory, &self.fields);
        format!(
            "(module
{imports}
(memory $memory (export \"memory\") {memory})
(data (i32.const {TEXTS}) \"{data}\")
(global $heap (mut i32) (i32.const {HEAP}))
{PRELUDE}
{fields}
{exports})"
        )
    }

    /// The component.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        self.try_build().unwrap_or_else(|error| panic!("{error:#}\n{}", self.wat()))
    }

    /// The component, or why these bytes make none.
    ///
    /// # Errors
    /// What the encoder says.
    pub fn try_build(&self) -> anyhow::Result<Vec<u8>> {
        encode(&wat::parse_str(self.wat())?, &self.resolve()?, self.world)
    }

    fn resolve(&self) -> anyhow::Result<Resolve> {
        let mut resolve = Resolve::default();
        if self.rewritten.is_empty() && self.more_wit.is_empty() {
            resolve.push_dir(&self.wit)?;
            return Ok(resolve);
        }
        let folder = tempfile::tempdir()?;
        for entry in std::fs::read_dir(&self.wit)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "wit") {
                let mut text = std::fs::read_to_string(&path)?;
                for (from, to) in &self.rewritten {
                    text = text.replace(from, to);
                }
                std::fs::write(folder.path().join(path.file_name().unwrap()), text)?;
            }
        }
        for (name, wit) in &self.more_wit {
            let package = folder.path().join("deps").join(name);
            std::fs::create_dir_all(&package)?;
            std::fs::write(package.join("package.wit"), wit)?;
        }
        resolve.push_dir(folder.path())?;
        Ok(resolve)
    }
}

/// Makes a component of a core module for a world of the contract.
///
/// # Errors
/// What the encoder says.
pub fn encode(module: &[u8], resolve: &Resolve, world: World) -> anyhow::Result<Vec<u8>> {
    let (package, _) = resolve
        .packages
        .iter()
        .find(|(_, package)| package.name.namespace == "veche")
        .ok_or_else(|| anyhow::anyhow!("the folder holds no package of Veche"))?;
    let world = resolve.select_world(&[package], Some(&format!("{}-plugin", world.name())))?;
    let mut module = module.to_vec();
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8)?;
    ComponentEncoder::default().module(&module)?.validate(true).encode()
}

/// A component with the metadata that a release needs.
#[must_use]
pub fn named(component: &[u8], name: &str) -> Vec<u8> {
    let mut metadata = wasm_metadata::AddMetadata::default();
    metadata.name = wasm_metadata::AddMetadataField::Set(name.into());
    metadata.version = wasm_metadata::AddMetadataField::Set("0.1.0".parse().unwrap());
    metadata.to_wasm(component).unwrap()
}

fn find<'a>(bodies: &'a [(String, String)], export: &str) -> Option<&'a str> {
    bodies.iter().rev().find(|(name, _)| name == export).map(|(_, body)| body.as_str())
}

const PRELUDE: &str = r#"
(func $alloc (param $size i32) (result i32)
  (local $at i32) (local $end i32)
  (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
  (local.set $end (i32.add (local.get $at) (local.get $size)))
  (if (i32.gt_u (local.get $end) (i32.shl (memory.size $memory) (i32.const 16)))
    (then
      (if (i32.eq (i32.const -1) (memory.grow $memory (i32.add (i32.const 1)
            (i32.sub (i32.shr_u (local.get $end) (i32.const 16)) (memory.size $memory)))))
        (then (unreachable)))))
  (global.set $heap (local.get $end))
  (local.get $at))
(func $pass (result i32)
  (i64.store (i32.const 1024) (i64.const 0))
  (i32.const 1024))
(func $candidate (param $code i32) (param $length i32) (param $confidence f32) (result i32)
  (i32.store (i32.const 1024) (i32.const 0))
  (i32.store offset=4 (i32.const 1024) (i32.const 1))
  (i32.store offset=8 (i32.const 1024) (i32.const 1100))
  (i32.store offset=12 (i32.const 1024) (i32.const 1))
  (i32.store (i32.const 1100) (local.get $code))
  (i32.store offset=4 (i32.const 1100) (local.get $length))
  (f32.store offset=8 (i32.const 1100) (local.get $confidence))
  (i64.store offset=12 (i32.const 1100) (i64.const 0))
  (i32.const 1024))
(func $assign (param $code i32) (param $length i32) (result i32)
  (i32.store (i32.const 1024) (i32.const 0))
  (i32.store offset=4 (i32.const 1024) (i32.const 1))
  (i32.store offset=8 (i32.const 1024) (local.get $code))
  (i32.store offset=12 (i32.const 1024) (local.get $length))
  (i32.store offset=16 (i32.const 1024) (i32.const 1))
  (i64.store offset=20 (i32.const 1024) (i64.const 0))
  (i64.store offset=28 (i32.const 1024) (i64.const 0))
  (i32.const 1024))
(func $fail (param $text i32) (param $length i32) (result i32)
  (i32.store (i32.const 1024) (i32.const 1))
  (i32.store offset=4 (i32.const 1024) (local.get $text))
  (i32.store offset=8 (i32.const 1024) (local.get $length))
  (i32.const 1024))
"#;
