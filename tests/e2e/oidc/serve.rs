//! The provider's settings as an administrator gives them, and a provider behind TLS.

use std::path::Path;

use super::browser::Browser;
use super::provider::{CLIENT, SECRET, TestProvider};
use super::{BEGUN, ROLES, SESSION};
use crate::access::read;
use crate::host_process::{Serving, must, veche};

/// Address of the host for browsers: TLS ends in front of it.
const PUBLIC: &str = "https://veche.example.org";

fn settings(folder: &Path, issuer: &str) -> Vec<(&'static str, String)> {
    let (secret, roles) = (folder.join("client.secret"), folder.join("roles.toml"));
    std::fs::write(&secret, format!("{SECRET}\n")).unwrap();
    std::fs::write(&roles, ROLES).unwrap();
    vec![
        ("VECHE_OIDC_ISSUER", issuer.to_owned()),
        ("VECHE_OIDC_CLIENT_ID", CLIENT.to_owned()),
        ("VECHE_OIDC_CLIENT_SECRET_FILE", secret.display().to_string()),
        ("VECHE_OIDC_ROLES", roles.display().to_string()),
        ("VECHE_PUBLIC_URL", PUBLIC.to_owned()),
    ]
}

#[test]
fn wrong_settings_are_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let good = settings(folder.path(), "http://127.0.0.1:9");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let role = "[[role]]\nclaim = 'g'\nvalue = 'v'\ngrants = ['boss@yaroslavl']";
    type Changes<'a> = &'a [(&'a str, Option<&'a str>)];
    let cases: [(Changes, &[&str]); 10] = [
        (&[("VECHE_OIDC_ISSUER", Some("http://id.example.org"))], &["--oidc-issuer", "https://"]),
        (&[("VECHE_OIDC_ISSUER", Some("id"))], &["--oidc-issuer", "no address"]),
        (&[("VECHE_OIDC_CLIENT_ID", None), ("VECHE_OIDC_ROLES", None)], &["--oidc-client-id, --oidc-roles"]),
        (&[("VECHE_OIDC_CLIENT_SECRET_FILE", None)], &["--oidc-client-secret-file or VECHE_OIDC_CLIENT_SECRET"]),
        (&[("VECHE_OIDC_CLIENT_SECRET", Some("x"))], &["both give a secret"]),
        (&[("VECHE_OIDC_CLIENT_SECRET_FILE", Some("/nowhere"))], &["/nowhere cannot be read"]),
        (&[("VECHE_PUBLIC_URL", None)], &["--public-url"]),
        (&[("VECHE_PUBLIC_URL", Some("http://veche.example.org"))], &["--public-url", "https://"]),
        (&[("VECHE_OIDC_ROLES", Some(&file("empty.toml", "")))], &["empty.toml", "nobody could get in"]),
        (&[("VECHE_OIDC_ROLES", Some(&file("boss.toml", role)))], &["boss.toml", "boss", "unknown"]),
    ];
    for (changes, parts) in cases {
        let mut command = veche(folder.path());
        command.args(["serve", "--listen", "127.0.0.1:0"]).envs(good.iter().map(|(name, value)| (name, value)));
        for (name, value) in changes {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let output = command.output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && parts.iter().all(|part| said.contains(part)), "{changes:?}: {said}");
        assert!(!said.contains(SECRET), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_of_another_name_is_refused_at_the_start() {
    let provider = TestProvider::start(PUBLIC, &[]).await;
    let folder = tempfile::tempdir().unwrap();
    let issuer = provider.issuer.replace("127.0.0.1", "localhost");
    let mut command = veche(folder.path());
    command.args(["serve", "--listen", "127.0.0.1:0"]).envs(settings(folder.path(), &issuer));
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("--oidc-issuer") && said.contains("does not fit"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_at_a_provider_behind_tls() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (folder.path().join("provider.pem"), folder.path().join("provider.key"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let paths = [&certificate, &key].map(|path| path.display().to_string());
    let provider = TestProvider::start(PUBLIC, &[("TLS_CERT", &paths[0]), ("TLS_KEY", &paths[1])]).await;
    assert!(provider.issuer.starts_with("https://"), "{}", provider.issuer);

    // A certificate that the system does not trust is as good as no provider: the host serves, and says so.
    let settings = settings(folder.path(), &provider.issuer);
    let host = Serving::start_with(folder.path(), |command| command.envs(settings.clone())).await;
    let start = format!("{}/api/v1/session/oidc", host.address);
    let (status, problem) = read(Browser::new().get(&start).await).await;
    assert_eq!((status, problem["title"].as_str()), (503, Some("The sign-in provider cannot be reached")));
    host.kill();

    let host =
        Serving::start_with(folder.path(), |command| command.envs(settings.clone()).env("SSL_CERT_FILE", &certificate))
            .await;
    let start = format!("{}/api/v1/session/oidc", host.address);
    let trusted = reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
    let mut browser = Browser::with(reqwest::Client::builder().add_root_certificate(trusted));
    let back = browser.until_back(&start, "subject-roads").await;
    assert!(back.starts_with(PUBLIC) && browser.cookie(&host.address, BEGUN).is_some(), "{back}");
    let response = browser.get(&back.replace(PUBLIC, &host.address)).await;
    assert_eq!(response.status(), 303);
    assert!(browser.cookie(&host.address, SESSION).is_some());
    let list = must(folder.path(), &["account", "list"]);
    assert!(list.contains("roads\tДорожкина Анна\tactive\toperator@yaroslavl/roads"), "{list}");
}
