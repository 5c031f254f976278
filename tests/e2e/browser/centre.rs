//! A serving host with the sample region and an account for each role, to be looked at by a browser.

use veche_app::accounts;
use veche_domain::access::Role;

use super::driver::Browser;
use crate::access::{Served, grants_of};
use crate::world::{by, sample_app};

/// Of each account.
pub(crate) const PASSWORD: &str = "семь сонных ежей у реки";

/// The host.
pub(crate) struct Centre {
    pub(crate) served: Served,
    _folder: tempfile::TempDir,
}

impl Centre {
    /// The sample region with its rules, without appeals; an account for each role of people, named as its role:
    /// `operator`, `block-lead` …
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let served = Served::start(sample_app(folder.path()).await).await;
        let centre = Self { served, _folder: folder };
        for (role, ..) in Role::ALL {
            let grant = match role {
                Role::Intake => continue,
                Role::HostAdministrator => role.as_str().to_owned(),
                Role::BlockLead => format!("{}@yaroslavl/roads", role.as_str()),
                _ => format!("{}@yaroslavl", role.as_str()),
            };
            centre.account(&role.as_str().replace('_', "-"), &[&grant]).await;
        }
        centre
    }

    /// Makes an account.
    pub(crate) async fn account(&self, login: &str, grants: &[&str]) {
        let store = &self.served.app.store;
        accounts::create(store, login, &format!("Имя {login}"), PASSWORD, grants_of(grants), &by("test"))
            .await
            .unwrap();
    }

    /// A browser with nobody signed in.
    pub(crate) async fn browser(&self) -> Browser {
        Browser::start(&self.served.address).await
    }

    /// A browser in which somebody is signed in.
    pub(crate) async fn browser_as(&self, login: &str) -> Browser {
        let browser = self.browser().await;
        browser.sign_in(login, PASSWORD).await;
        browser
    }

    /// Takes an appeal in; its id.
    pub(crate) async fn appeal(&self, text: &str) -> String {
        self.appeal_with(serde_json::json!({"text": text})).await
    }

    /// The same with further fields of the API's body.
    pub(crate) async fn appeal_with(&self, fields: serde_json::Value) -> String {
        let intake = self.served.token(&["intake@yaroslavl"]).await;
        let mut body =
            serde_json::json!({"channel": "social", "regime": "social", "place": {"municipality": "78701000"}});
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let (status, new) = self.served.send("POST", "/regions/yaroslavl/appeals", Some(&intake), Some(&body)).await;
        assert!(status == 201 || status == 202, "{new}");
        new["id"].as_str().unwrap().to_owned()
    }
}
