//! The provider that people sign in at: `tests/oidc/provider.mjs`, run by node, one for each test.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::world::root;

/// As the provider knows the host.
pub(crate) const CLIENT: &str = "veche";
pub(crate) const SECRET: &str = "a-secret-of-the-tests-of-32-bytes";

/// A running provider. Dropped, it is killed.
pub(crate) struct TestProvider {
    process: Child,
    pub(crate) issuer: String,
}

impl TestProvider {
    /// Starts a provider for a host at `host`; `more` is its environment.
    pub(crate) async fn start(host: &str, more: &[(&str, &str)]) -> Self {
        let folder = root().join("tests/oidc");
        assert!(
            folder.join("node_modules").exists(),
            "no tests/oidc/node_modules: run the tests with `cargo xtask test`"
        );
        let mut process = Command::new("node")
            .arg("provider.mjs")
            .current_dir(folder)
            .env("REDIRECT_URI", format!("{host}/api/v1/session/oidc/callback"))
            .env("SIGNED_OUT_URI", format!("{host}/"))
            .envs(more.iter().copied())
            // It ends with the other end of this pipe, even if this process is killed.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("node cannot be started: run the tests with `cargo xtask test`");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let issuer = lines.next_line().await.unwrap().expect("the provider ended before it served");
        // Read on: it ends when it cannot say something.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { process, issuer }
    }

    async fn put(&self, path: &str, body: &Value) {
        let put = reqwest::Client::new().put(format!("{}/test/{path}", self.issuer)).json(body);
        assert_eq!(put.send().await.unwrap().status(), 204);
    }

    /// Bends the next answer of the token endpoint.
    pub(crate) async fn bend(&self, how: &Value) {
        self.put("bend", how).await;
    }

    /// Publishes a second key, with which tokens are then signed.
    pub(crate) async fn rotate(&self) {
        self.put("keys", &json!(true)).await;
    }

    /// Changes what the provider says of a person.
    pub(crate) async fn say(&self, subject: &str, login: &str, groups: &[&str]) {
        let claims = json!({"preferred_username": login, "name": "Имя Новое", "groups": groups});
        self.put(&format!("people/{subject}"), &claims).await;
    }

    /// Ends it, as a provider that is down.
    pub(crate) async fn stop(&mut self) {
        self.process.kill().await.unwrap();
    }
}
