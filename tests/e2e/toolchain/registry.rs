//! Components in an OCI registry: Debian's own, started by the test.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::plugin;
use crate::world::root;

/// A registry with its storage in a folder. Dropped, it is killed.
struct Registry {
    process: Child,
    address: String,
}

impl Registry {
    async fn start(folder: &Path) -> Self {
        let program = std::env::var_os("VECHE_TEST_REGISTRY")
            .expect("VECHE_TEST_REGISTRY names no docker-registry: run the tests with `cargo xtask test`");
        // A port that is free now; whoever takes it in between makes the start fail, and the next one is tried.
        for _ in 0..5 {
            let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
            let config = json!({
                "version": 0.1,
                "log": {"level": "error", "accesslog": {"disabled": true}},
                "storage": {"filesystem": {"rootdirectory": folder.join("storage")}},
                "http": {"addr": address},
            });
            let path = folder.join("config.yml");
            // JSON is YAML.
            std::fs::write(&path, config.to_string()).unwrap();
            let mut process = Command::new(&program);
            process.arg("serve").arg(&path).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let mut registry = Self { process: process.spawn().unwrap(), address };
            if registry.is_ready().await {
                return registry;
            }
        }
        panic!("docker-registry does not start");
    }

    async fn is_ready(&mut self) -> bool {
        let url = format!("http://{}/v2/", self.address);
        while self.process.try_wait().unwrap().is_none() {
            if reqwest::get(&url).await.is_ok_and(|answer| answer.status().is_success()) {
                return true;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        false
    }

    async fn manifest(&self, name: &str, tag: &str) -> Value {
        let request = reqwest::Client::new().get(format!("http://{}/v2/{name}/manifests/{tag}", self.address));
        let request = request.header("Accept", "application/vnd.oci.image.manifest.v1+json");
        request.send().await.unwrap().json().await.unwrap()
    }

    async fn blob(&self, name: &str, digest: &str) -> Vec<u8> {
        let answer = reqwest::get(format!("http://{}/v2/{name}/blobs/{digest}", self.address)).await.unwrap();
        answer.bytes().await.unwrap().to_vec()
    }

    /// Puts a blob and a manifest by hand, as another tool might.
    async fn put(&self, name: &str, tag: &str, layer: &[u8], media_type: &str) {
        let client = reqwest::Client::new();
        let digest = |bytes: &[u8]| format!("sha256:{}", hex::encode(Sha256::digest(bytes)));
        let mut described = Vec::new();
        for bytes in [b"{}".as_slice(), layer] {
            let begun = client.post(format!("http://{}/v2/{name}/blobs/uploads/", self.address)).send().await.unwrap();
            let location = begun.headers()["location"].to_str().unwrap().to_owned();
            let sum = digest(bytes);
            let put = client.put(location).query(&[("digest", &sum)]).body(bytes.to_vec()).send().await.unwrap();
            assert!(put.status().is_success(), "{}", put.status());
            described.push(json!({"digest": sum, "size": bytes.len()}));
        }
        described[0]["mediaType"] = json!("application/vnd.wasm.config.v0+json");
        described[1]["mediaType"] = json!(media_type);
        let kind = "application/vnd.oci.image.manifest.v1+json";
        let manifest = json!({"schemaVersion": 2, "mediaType": kind, "config": described[0], "layers": [described[1]]});
        let put = client.put(format!("http://{}/v2/{name}/manifests/{tag}", self.address));
        let put = put.header("Content-Type", kind).body(manifest.to_string()).send().await.unwrap();
        assert!(put.status().is_success(), "{}", put.text().await.unwrap());
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_goes_to_a_registry_and_comes_back_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::start(folder.path()).await;
    let component = root().join("target/plugins/router-table.wasm").display().to_string();
    let bytes = std::fs::read(&component).unwrap();
    let digest = format!("sha256:{}", hex::encode(Sha256::digest(&bytes)));
    let reference = format!("{}/plugins/router-table:0.1.0", registry.address);

    let said = plugin(folder.path(), &["push", &reference, "--component", &component]).well();
    assert!(said.contains(&digest), "{said}");
    // What any other tool for WebAssembly artifacts looks for.
    let manifest = registry.manifest("plugins/router-table", "0.1.0").await;
    assert_eq!(manifest["config"]["mediaType"], "application/vnd.wasm.config.v0+json", "{manifest:#}");
    assert_eq!(manifest["layers"].as_array().unwrap().len(), 1);
    assert_eq!(manifest["layers"][0]["mediaType"], "application/wasm");
    assert_eq!(manifest["layers"][0]["digest"], digest.as_str());
    assert_eq!(manifest["annotations"]["org.opencontainers.image.version"], "0.1.0");
    let config = registry.blob("plugins/router-table", manifest["config"]["digest"].as_str().unwrap()).await;
    let config: Value = serde_json::from_slice(&config).unwrap();
    assert_eq!((&config["architecture"], &config["os"]), (&json!("wasm"), &json!("wasip2")));
    assert_eq!(config["layerDigests"], json!([digest]));
    let exports = config["component"]["exports"].as_array().unwrap();
    assert!(exports.contains(&json!("veche:plugin/router@0.1.0")), "{config:#}");

    let said = plugin(folder.path(), &["pull", &reference, "--out", "pulled.wasm"]).well();
    assert!(said.contains(&digest), "{said}");
    assert_eq!(std::fs::read(folder.path().join("pulled.wasm")).unwrap(), bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_component_is_neither_pushed_nor_pulled() {
    let folder = tempfile::tempdir().unwrap();
    let registry = Registry::start(folder.path()).await;
    std::fs::write(folder.path().join("text.wasm"), "hello").unwrap();
    let at = |name: &str| format!("{}/{name}", registry.address);
    let refused = |args: &[&str]| plugin(folder.path(), args).badly();
    let said = refused(&["push", &at("text:1"), "--component", "text.wasm"]);
    assert!(said.contains("no component"), "{said}");
    assert!(refused(&["push", "NOT A REFERENCE", "--component", "text.wasm"]).contains("no reference"));
    assert!(refused(&["pull", &at("nothing:1"), "--out", "out.wasm"]).contains(&at("nothing:1")));

    registry.put("picture", "1", b"a picture", "image/png").await;
    let said = refused(&["pull", &at("picture:1"), "--out", "out.wasm"]);
    assert!(said.contains("its layer is image/png: a component is of type application/wasm"), "{said}");
    registry.put("large", "1", &vec![0; (32 << 20) + 1], "application/wasm").await;
    let said = refused(&["pull", &at("large:1"), "--out", "out.wasm"]);
    assert!(said.contains("33554433 bytes: a host takes 33554432 at most"), "{said}");
    assert!(!folder.path().join("out.wasm").exists());
}
