//! Components in an OCI registry, laid out as other tools for WebAssembly do: a manifest with a config
//! `application/vnd.wasm.config.v0+json` and one layer `application/wasm`.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::Utc;
use oci_client::client::{ClientConfig, ClientProtocol, Config, ImageLayer};
use oci_client::manifest::OciImageManifest;
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use serde_json::json;
use veche_domain::code::Digest;
use veche_domain::limits::{Limits, LimitsClass};
use wit_component::DecodedWasm;

use super::error::{ToolError, read, write};

const CONFIG: &str = "application/vnd.wasm.config.v0+json";
const LAYER: &str = "application/wasm";

/// How a registry is reached.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Name and password, or a token as the password.
    pub login: Option<(String, String)>,
    /// Without TLS, though the registry is not on this machine.
    pub plain_http: bool,
}

/// What was pushed or pulled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Where, `registry/name:tag`.
    pub reference: String,
    /// Digest of the component, the same as of the release on a host.
    pub component: Digest,
    /// Size, bytes.
    pub size: usize,
}

fn reference(text: &str) -> Result<Reference, ToolError> {
    text.parse().map_err(|e| ToolError::Invalid {
        what: "REFERENCE",
        reason: format!("{text:?} is no reference ({e}): write registry.example.org/plugins/name:version"),
    })
}

fn client(reference: &Reference, access: &Access) -> (Client, RegistryAuth) {
    // Another part of the program may have chosen already; both choose the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let registry = reference.resolve_registry();
    let host = registry.rsplit_once(':').map_or(registry, |(host, _)| host);
    let here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    let protocol = if here || access.plain_http { ClientProtocol::Http } else { ClientProtocol::Https };
    let timeout = Some(std::time::Duration::from_secs(60));
    let config = ClientConfig { protocol, read_timeout: timeout, connect_timeout: timeout, ..ClientConfig::default() };
    let auth = match &access.login {
        Some((name, password)) => RegistryAuth::Basic(name.clone(), password.clone()),
        None => RegistryAuth::Anonymous,
    };
    (Client::new(config), auth)
}

/// Pushes a component.
///
/// # Errors
/// A file that is no component, or what the registry says.
pub async fn push(component: &Path, to: &str, access: &Access) -> Result<Artifact, ToolError> {
    let reference = reference(to)?;
    let bytes = read(component)?;
    let digest = Digest::of(&bytes);
    let size = bytes.len();
    let config = config(&bytes, digest).map_err(|reason| ToolError::file(component, reason))?;
    let annotations = annotations(&bytes);
    let layers = [ImageLayer::new(bytes, LAYER.to_owned(), None)];
    let manifest = OciImageManifest::build(&layers, &config, Some(annotations));
    let (client, auth) = client(&reference, access);
    let failed = |e: oci_client::errors::OciDistributionError| server(&reference, &e);
    client.push(&reference, &layers, config, &auth, Some(manifest)).await.map_err(failed)?;
    Ok(Artifact { reference: reference.to_string(), component: digest, size })
}

/// What the artifact is: which interfaces go in and out, so that a registry can show it.
fn config(component: &[u8], digest: Digest) -> Result<Config, String> {
    let not = |e: String| format!("it is no component ({e}): build it with `veche plugin build`");
    let decoded = wit_component::decode(component).map_err(|e| not(format!("{e:#}")))?;
    let DecodedWasm::Component(resolve, world) = decoded else { return Err(not("it is a WIT package".into())) };
    let world = resolve.worlds.get(world).ok_or_else(|| not("it has no world".into()))?;
    let names = |items: Vec<_>| -> Vec<String> { items.into_iter().map(|key| resolve.name_world_key(key)).collect() };
    let config = json!({
        "created": Utc::now(),
        "architecture": "wasm",
        "os": "wasip2",
        "layerDigests": [digest.to_string()],
        "component": {
            "exports": names(world.exports.keys().collect()),
            "imports": names(world.imports.keys().collect()),
        },
    });
    Ok(Config::new(config.to_string(), CONFIG.to_owned(), None))
}

/// Names that OCI has for what the metadata says.
fn annotations(component: &[u8]) -> BTreeMap<String, String> {
    let m = veche_sandbox::metadata(component);
    let named = [
        ("title", m.name),
        ("version", m.version),
        ("description", m.description),
        ("authors", m.authors),
        ("licenses", m.licenses),
        ("source", m.source),
        ("url", m.homepage),
        ("revision", m.revision),
    ];
    let named = named.into_iter().filter_map(|(name, value)| Some((name, value?)));
    named.map(|(name, value)| (format!("org.opencontainers.image.{name}"), value)).collect()
}

/// Pulls a component.
///
/// # Errors
/// What the registry says; an artifact that is no component, or larger than any host takes.
pub async fn pull(from: &str, to: &Path, access: &Access) -> Result<Artifact, ToolError> {
    let reference = reference(from)?;
    let (client, auth) = client(&reference, access);
    let failed = |e: oci_client::errors::OciDistributionError| server(&reference, &e);
    let refused = |reason: String| ToolError::Server { server: reference.to_string(), reason };
    let (manifest, _) = client.pull_image_manifest(&reference, &auth).await.map_err(failed)?;
    let [layer] = manifest.layers.as_slice() else {
        return Err(refused(format!("it has {} layers: a component is one of type {LAYER}", manifest.layers.len())));
    };
    if layer.media_type != LAYER {
        return Err(refused(format!("its layer is {}: a component is of type {LAYER}", layer.media_type)));
    }
    let most = Limits::of(LimitsClass::Large).component_size;
    if u64::try_from(layer.size).map_or(true, |size| size > most) {
        return Err(refused(format!("it has {} bytes: a host takes {most} at most", layer.size)));
    }
    let mut bytes = Vec::new();
    client.pull_blob(&reference, layer, &mut bytes).await.map_err(failed)?;
    let digest = Digest::of(&bytes);
    if digest.to_string() != layer.digest {
        return Err(refused(format!("its bytes have the digest {digest}, and {} was promised", layer.digest)));
    }
    write(to, &bytes)?;
    Ok(Artifact { reference: reference.to_string(), component: digest, size: bytes.len() })
}

fn server(reference: &Reference, error: &oci_client::errors::OciDistributionError) -> ToolError {
    let mut reason = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        reason = format!("{reason}: {error}");
        cause = error.source();
    }
    ToolError::Server { server: reference.to_string(), reason }
}
