//! Looks into a component: kinds, permissions, contract version, metadata, settings. The component is its
//! own manifest; nothing else is asked.

use serde::{Deserialize, Serialize};
use veche_domain::code::Digest;
use veche_domain::decision::{Kind, Permission};
use veche_domain::limits::{LimitKind, Limits};
use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;

use crate::compile::compile;
use crate::contract::CONTRACT;
use crate::engine::Engine;
use crate::error::SandboxError;
use crate::shape::check_structure;
use crate::state::check as limit;
use crate::wasi::is_stubbed;

/// A text in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Localized {
    /// BCP 47 tag.
    pub language: String,
    /// Text.
    pub text: String,
}

/// A dataset that a plug-in wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetNeed {
    /// Name.
    pub name: String,
    /// `table`, `polygons` or `blob`.
    pub shape: String,
    /// Columns of a table.
    pub columns: Vec<String>,
    /// Whether the plug-in cannot do without.
    pub required: bool,
    /// What it holds.
    pub description: Vec<Localized>,
}

/// Standard component metadata.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// Name of the plug-in.
    pub name: Option<String>,
    /// Version.
    pub version: Option<String>,
    /// Description.
    pub description: Option<String>,
    /// Authors.
    pub authors: Option<String>,
    /// SPDX licence expression.
    pub licenses: Option<String>,
    /// Where the source is.
    pub source: Option<String>,
    /// Home page.
    pub homepage: Option<String>,
    /// Source revision.
    pub revision: Option<String>,
}

/// What a component is, by its own type and words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inspection {
    /// Digest of its bytes.
    pub digest: Digest,
    /// Size, bytes.
    pub size: usize,
    /// What it does: the interfaces that it exports.
    pub kinds: Vec<Kind>,
    /// What it may touch: the interfaces that it imports.
    pub permissions: Vec<Permission>,
    /// WASI interfaces that it imports and gets as deterministic stubs.
    #[serde(default)]
    pub stubs: Vec<String>,
    /// Contract version, `0.1`.
    pub contract: String,
    /// Metadata.
    pub metadata: Metadata,
    /// Title by language.
    pub title: Vec<Localized>,
    /// Summary by language.
    pub summary: Vec<Localized>,
    /// JSON Schema of its settings.
    pub settings_schema: serde_json::Value,
    /// Datasets that it wants.
    pub datasets: Vec<DatasetNeed>,
}

/// A component whose type fits the contract, compiled but not configured.
pub(crate) struct Checked {
    pub(crate) component: Component,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) permissions: Vec<Permission>,
    pub(crate) stubs: Vec<String>,
    pub(crate) contract: String,
}

/// Inspects a component and asks it to describe itself.
///
/// # Errors
/// [`SandboxError`] says what is wrong and what to do.
pub fn inspect(engine: &Engine, bytes: &[u8], limits: &Limits) -> Result<Inspection, SandboxError> {
    let checked = check(engine, bytes, limits)?;
    let description = crate::prepare::describe(engine, &checked.component, limits)?;
    let settings_schema: serde_json::Value = serde_json::from_str(&description.settings_schema)
        .map_err(|e| SandboxError::Schema { reason: format!("it is no JSON: {e}") })?;
    jsonschema::validator_for(&settings_schema).map_err(|e| SandboxError::Schema { reason: e.to_string() })?;
    let localized = |texts: Vec<crate::contract::wit::types::Localized>| {
        texts.into_iter().map(|l| Localized { language: l.language, text: l.text }).collect::<Vec<_>>()
    };
    Ok(Inspection {
        digest: Digest::of(bytes),
        size: bytes.len(),
        kinds: checked.kinds,
        permissions: checked.permissions,
        stubs: checked.stubs,
        contract: checked.contract,
        metadata: metadata(bytes),
        title: localized(description.title),
        summary: localized(description.summary),
        settings_schema,
        datasets: description
            .datasets
            .into_iter()
            .map(|need| DatasetNeed {
                name: need.name,
                shape: match need.shape {
                    crate::contract::guest::plugin::DatasetShape::Table => "table",
                    crate::contract::guest::plugin::DatasetShape::Polygons => "polygons",
                    crate::contract::guest::plugin::DatasetShape::Blob => "blob",
                }
                .to_owned(),
                columns: need.columns,
                required: need.required,
                description: localized(need.description),
            })
            .collect(),
    })
}

/// Checks size, form and structure of a component, parsed whole before anything is compiled.
pub(crate) fn check_form(bytes: &[u8], limits: &Limits) -> Result<(), SandboxError> {
    limit(LimitKind::ComponentSize, bytes.len() as u64, limits.component_size)?;
    if wasmparser::Parser::is_core_wasm(bytes) {
        return Err(SandboxError::CoreModule);
    }
    if !wasmparser::Parser::is_component(bytes) {
        let reason = if bytes.is_empty() { "the file is empty" } else { "the first bytes are not `\\0asm`" };
        return Err(SandboxError::NotWasm { reason: reason.into() });
    }
    check_structure(bytes, limits)
}

/// Checks the form of a component, then compiles it and checks its type.
pub(crate) fn check(engine: &Engine, bytes: &[u8], limits: &Limits) -> Result<Checked, SandboxError> {
    check_form(bytes, limits)?;
    let (component, _) = compile(engine, bytes, limits)?;
    let (kinds, contract) = kinds(engine, &component)?;
    let (permissions, stubs) = permissions(engine, &component)?;
    Ok(Checked { component, kinds, permissions, stubs, contract })
}

/// What a component exports: its kinds and the version of its contract.
fn kinds(engine: &Engine, component: &Component) -> Result<(Vec<Kind>, String), SandboxError> {
    let ty = component.component_type();
    let mut kinds = Vec::new();
    let mut contract = None;
    for (name, item) in ty.exports(&engine.inner.wasm) {
        let Some((interface, version)) = ours(name) else { continue };
        let served = serves(version);
        let known = matches!(interface, "plugin") || Kind::from_code(interface).is_some();
        if !known || !matches!(item.ty, ComponentItem::ComponentInstance(_)) {
            continue;
        }
        if !served {
            return Err(SandboxError::ContractVersion {
                item: format!("`{interface}`"),
                found: version.to_owned(),
                served: CONTRACT,
            });
        }
        match Kind::from_code(interface) {
            Some(kind) => kinds.push(kind),
            None => contract = Some(CONTRACT.to_owned()),
        }
    }
    let Some(contract) = contract else { return Err(SandboxError::NotPlugin) };
    if kinds.is_empty() {
        return Err(SandboxError::NoKind);
    }
    kinds.sort_unstable();
    Ok((kinds, contract))
}

/// What a component imports: permissions, and WASI that is stubbed.
fn permissions(engine: &Engine, component: &Component) -> Result<(Vec<Permission>, Vec<String>), SandboxError> {
    let ty = component.component_type();
    let (mut permissions, mut stubs) = (Vec::new(), Vec::new());
    for (name, _) in ty.imports(&engine.inner.wasm) {
        if is_stubbed(name) {
            stubs.push(name.to_owned());
            continue;
        }
        let refused = |why| SandboxError::Import { name: name.to_owned(), why };
        let Some((interface, version)) = ours(name) else { return Err(refused(foreign(name))) };
        if !serves(version) {
            return Err(SandboxError::ContractVersion {
                item: format!("the import `{interface}`"),
                found: version.to_owned(),
                served: CONTRACT,
            });
        }
        match interface {
            // Types alone, and streams that a call hands over, are no permissions.
            "types" | "facts" | "streams" => {}
            other => match Permission::from_code(other) {
                Some(permission) => permissions.push(permission),
                None => return Err(refused("the contract has no such interface; rebuild with veche-sdk")),
            },
        }
    }
    permissions.sort_unstable();
    Ok((permissions, stubs))
}

/// Interface and version of a name in our package.
fn ours(name: &str) -> Option<(&str, &str)> {
    let (interface, version) = name.strip_prefix("veche:plugin/")?.split_once('@')?;
    Some((interface, version))
}

/// Whether a version matches by semver what this host serves.
fn serves(version: &str) -> bool {
    version.strip_prefix(CONTRACT).is_some_and(|rest| rest.strip_prefix('.').is_some_and(|p| p.parse::<u32>().is_ok()))
}

fn foreign(name: &str) -> &'static str {
    let wasi = |part: &str| name.starts_with("wasi:") && name.contains(part);
    if wasi("sockets") || wasi("http") {
        "the network is never granted; take what you need from datasets"
    } else if wasi("filesystem") {
        "files are never granted; take what you need from datasets"
    } else if wasi("thread") || wasi("process") {
        "threads and processes are never granted: a decision must be the same on every run"
    } else if name.starts_with("wasi:") {
        "of WASI only cli, io, clocks and random of version 0.2 are stubbed; build with veche-sdk, or stub the rest out"
    } else {
        "plug-ins import `veche:plugin/*` only"
    }
}

/// Reads the standard metadata sections; what is missing stays empty.
#[must_use]
pub fn metadata(bytes: &[u8]) -> Metadata {
    let Ok(payload) = wasm_metadata::Payload::from_binary(bytes) else { return Metadata::default() };
    let m = payload.metadata();
    Metadata {
        name: m.name.clone(),
        version: m.version.as_ref().map(ToString::to_string),
        description: m.description.as_ref().map(ToString::to_string),
        authors: m.authors.as_ref().map(ToString::to_string),
        licenses: m.licenses.as_ref().map(ToString::to_string),
        source: m.source.as_ref().map(ToString::to_string),
        homepage: m.homepage.as_ref().map(ToString::to_string),
        revision: m.revision.as_ref().map(ToString::to_string),
    }
}
