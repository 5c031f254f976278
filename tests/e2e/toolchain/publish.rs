//! Signed, published to a host that serves, tried on its history.

use serde_json::json;

use super::{Said, plugin, project, veche};
use crate::host_process::{Serving, must};

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_release_is_published_and_tried_on_the_history_of_a_host() {
    let home = tempfile::tempdir().unwrap();
    let folder = project(home.path(), "first-rule", "categorizer");
    plugin(&folder, &["build"]).well();

    // A host of the project's own region, with a history of two.
    let host = home.path().join("host");
    std::fs::create_dir(&host).unwrap();
    must(&host, &["region", "load", &folder.join("region").display().to_string()]);
    let history = host.join("history.csv");
    let lines = "external_id,received_at,channel,regime,applicant_kind,applicant_name,applicant_phone,municipality,address,lat,lon,text\n\
                 1,2026-02-02T09:00:00,pos,pos,citizen,,,78701000,,,,Яма на дороге\n2,2026-02-03T09:00:00,pos,pos,citizen,,,78701000,,,,Спасибо\n";
    std::fs::write(&history, lines).unwrap();
    let history = history.display().to_string();
    must(&host, &["appeals", "import", &history, "--map", "veche", "--region", "demo"]);
    let token = must(&host, &["token", "create", "author", "--grant", "developer@demo"]);
    let token_file = home.path().join("token");
    std::fs::write(&token_file, &token).unwrap();

    let key = home.path().join("publisher.key");
    let made = veche(&folder).args(["plugin", "key"]).arg(&key).env("VECHE_SIGN_PASSWORD", "мышь").output().unwrap();
    let made = Said::from(made).well();
    let public = made.lines().last().unwrap().split_whitespace().last().unwrap().to_owned();
    must(&host, &["release", "--region", "demo", "trust", "Авторы", &public]);
    let sign = |password: &str| -> Said {
        let mut sign = veche(&folder);
        sign.args(["plugin", "sign", "--key"]).arg(&key).env("VECHE_SIGN_PASSWORD", password);
        sign.output().unwrap().into()
    };
    assert!(sign("кот").badly().contains("the password is wrong"));
    assert!(sign("").badly().contains("VECHE_SIGN_PASSWORD"));
    sign("мышь").well();

    let serving = Serving::start(&host).await;
    let remote = |args: &[&str], token: &str| -> Said {
        let mut command = veche(&folder);
        command.arg("plugin").args(args).args(["--region", "demo", "--host", &serving.address]);
        if token.is_empty() {
            command.arg("--token-file").arg(&token_file)
        } else {
            command.env("VECHE_TOKEN", token)
        };
        command.output().unwrap().into()
    };
    assert!(remote(&["publish"], "wrong").badly().contains("veche token create"));
    let said = remote(&["publish"], "").well();
    assert!(said.contains("first-rule 0.1.0 sha256:") && said.contains("signed by Авторы"), "{said}");
    let digest = said.split_whitespace().nth(2).unwrap().to_owned();
    assert!(remote(&["publish"], "").well().contains("published before"));

    // A signature of other bytes is refused by the host.
    let other = home.path().join("other.wasm");
    std::fs::copy(folder.join("dist/first-rule.wasm"), &other).unwrap();
    let mut bytes = std::fs::read(&other).unwrap();
    // One more custom section: another digest, the same plug-in.
    bytes.extend_from_slice(&[0, 3, 1, b'x', 0]);
    std::fs::write(&other, bytes).unwrap();
    std::fs::copy(folder.join("dist/first-rule.wasm.minisig"), home.path().join("other.wasm.minisig")).unwrap();
    let said = remote(&["publish", "--component", &other.display().to_string()], "").badly();
    assert!(said.contains("not of a key that this region trusts"), "{said}");

    let binding = json!({"id": "first-rule", "kind": "categorizer", "release": digest, "grants": ["log"],
        "settings": {"words": [{"stem": "ям", "category": "roads.surface"}]}});
    let path = host.join("binding.json");
    std::fs::write(&path, binding.to_string()).unwrap();
    let draft = must(&host, &["draft", "--region", "demo", "new", "Слова"]);
    let draft = draft.split_whitespace().find(|word| uuid::Uuid::parse_str(word).is_ok()).unwrap().to_owned();
    must(&host, &["draft", "--region", "demo", "bind", &draft, &path.display().to_string()]);
    must(&host, &["draft", "--region", "demo", "validate", &draft]);
    let said = remote(&["backtest", "--draft", &draft], "").well();
    assert!(said.contains("2 of 2 appeals") && said.contains("category 1"), "{said}");
    let unknown = uuid::Uuid::nil().to_string();
    assert!(remote(&["backtest", "--draft", &unknown], "").badly().contains("unknown"));
    serving.kill();
}

#[test]
fn a_token_is_not_sent_in_clear() {
    let folder = tempfile::tempdir().unwrap();
    let folder = project(folder.path(), "first-rule", "router");
    std::fs::create_dir(folder.join("dist")).unwrap();
    std::fs::write(folder.join("dist/first-rule.wasm"), b"\0asm").unwrap();
    let args = ["plugin", "publish", "--region", "demo", "--host", "http://veche.example.org"];
    let said = veche(&folder).args(args).env("VECHE_TOKEN", "tell-nobody").output().unwrap();
    let said = Said::from(said).badly();
    assert!(said.contains("would carry the token in clear") && !said.contains("tell-nobody"), "{said}");
}
