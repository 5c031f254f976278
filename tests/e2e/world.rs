//! What the tests stand on: both databases, the sample region, the reference plug-ins.

use std::path::{Path, PathBuf};

use veche_app::{App, Config, regions};
use veche_domain::access::Actor;
use veche_domain::code::RegionCode;
use veche_store::Vault;

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Somebody by name, without a request.
pub(crate) fn by(name: &str) -> Actor {
    Actor::named(name)
}

pub(crate) fn sample() -> PathBuf {
    root().join("samples/yaroslavl")
}

pub(crate) fn yaroslavl() -> RegionCode {
    RegionCode::new("yaroslavl").unwrap()
}

/// Compiled code that the tests share: the same plug-ins in each of them, and compiling is most of their time. Tests of the cache
/// have one of their own.
pub(crate) fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache")
}

/// The host's binary, for tests that run it as a process of its own.
pub(crate) fn veche_binary() -> PathBuf {
    let named = std::env::var_os("VECHE_TEST_BINARY").map(PathBuf::from);
    let beside = || std::env::current_exe().unwrap().ancestors().nth(2).unwrap().join("veche");
    let path = named.unwrap_or_else(beside);
    assert!(path.exists(), "{} is missing: run the tests with `cargo xtask test`", path.display());
    path
}

/// Databases of one test: an SQLite file and a PostgreSQL database, both new.
pub(crate) async fn databases() -> (tempfile::TempDir, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = folder.path().join("veche.db").display().to_string();
    let server = std::env::var("VECHE_TEST_POSTGRES")
        .expect("VECHE_TEST_POSTGRES names no PostgreSQL: run the tests with `cargo xtask test`");
    let name = format!("t_{}", uuid::Uuid::now_v7().simple());
    veche_store::testing::create_database(&server, &name).await.unwrap();
    let postgres = server.replacen("/postgres?", &format!("/{name}?"), 1);
    (folder, vec![sqlite, postgres])
}

/// Key of applicants' data in the tests.
pub(crate) const DATA_KEY: &str = "test:1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100";

pub(crate) fn vault() -> Vault {
    Vault::with_keys(DATA_KEY).unwrap()
}

pub(crate) async fn app(database: &str, cache: &Path) -> App {
    let config = Config {
        database: database.to_owned(),
        cache: Some(cache.to_owned()),
        threads: Some(2),
        vault: vault(),
        compiler: Some(veche_binary()),
        ..Config::default()
    };
    App::start(&config).await.unwrap()
}

/// An app with the sample region and its rules on SQLite.
pub(crate) async fn sample_app(folder: &Path) -> App {
    let app = app(&folder.join("veche.db").display().to_string(), &cache()).await;
    load_sample(&app).await;
    app
}

/// Without its exporters: they decide nothing, and each takes a while to compile.
pub(crate) async fn load_sample(app: &App) {
    load_sample_with(app, &[]).await;
}

/// The sample region with these of its exporters, by binding.
pub(crate) async fn load_sample_with(app: &App, exporters: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    for part in ["", "datasets"] {
        std::fs::create_dir_all(folder.path().join(part)).unwrap();
        for entry in std::fs::read_dir(sample().join(part)).unwrap().map(Result::unwrap) {
            if entry.path().is_file() {
                std::fs::copy(entry.path(), folder.path().join(part).join(entry.file_name())).unwrap();
            }
        }
    }
    let path = folder.path().join("ruleset.toml");
    let mut file: toml::Table = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let wanted = |binding: &toml::Value| {
        binding["kind"].as_str() != Some("exporter") || exporters.contains(&binding["id"].as_str().unwrap())
    };
    file["bindings"].as_array_mut().unwrap().retain(wanted);
    std::fs::write(&path, toml::to_string(&file).unwrap()).unwrap();
    let plugins = root().join("target/plugins");
    regions::load_folder(app, folder.path(), &plugins, &Actor::named("test")).await.unwrap();
}
