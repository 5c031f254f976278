//! Pages over HTTP, without a browser: who may see them, what stands in their headers, forms and their proof of origin.

use reqwest::header::{CONTENT_SECURITY_POLICY, COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response};
use veche_app::accounts;
use veche_domain::access::{Action, Refusal, Role};

use crate::access::{Served, grant, grants_of};
use crate::world::{by, yaroslavl};

const PASSWORD: &str = "семь сонных ежей у реки";

/// A visitor without a browser: cookies by hand, no redirect followed.
pub(crate) struct Visitor {
    client: Client,
    address: String,
    pub(crate) cookie: String,
}

impl Visitor {
    pub(crate) fn nobody(served: &Served) -> Self {
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { client, address: served.address.clone(), cookie: String::new() }
    }

    /// Somebody with an account of these grants who signed in by the form.
    pub(crate) async fn sign_in(served: &Served, login: &str, grants: &[&str]) -> Self {
        accounts::create(&served.app.store, login, "Имя", PASSWORD, grants_of(grants), &by("test")).await.unwrap();
        let mut visitor = Self::nobody(served);
        let answer = visitor.post("/sign-in", &[("login", login), ("password", PASSWORD)]).await;
        assert_eq!(answer.status(), 303);
        visitor.cookie = session_of(&answer);
        visitor
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.client.get(format!("{}{path}", self.address)).header(COOKIE, &self.cookie).send().await.unwrap()
    }

    pub(crate) async fn text(&self, path: &str) -> String {
        self.get(path).await.text().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Response {
        let request = self.client.post(format!("{}{path}", self.address)).header(COOKIE, &self.cookie);
        request.header("sec-fetch-site", "same-origin").form(fields).send().await.unwrap()
    }

    /// The proof of origin that pages of this session carry.
    pub(crate) async fn csrf(&self) -> String {
        hidden(&self.text("/profile").await, "csrf")
    }
}

/// The value of the first hidden field of a name.
pub(crate) fn hidden(page: &str, name: &str) -> String {
    let (_, rest) =
        page.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no {name}: {page}"));
    rest.split_once('"').unwrap().0.to_owned()
}

pub(crate) fn session_of(answer: &Response) -> String {
    let cookies = answer.headers().get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap());
    let own = cookies.into_iter().find(|cookie| cookie.starts_with("__Host-veche=")).expect("no session");
    own.split(';').next().unwrap().to_owned()
}

/// Path with its parameters filled in.
fn filled(path: &str) -> String {
    let id = uuid::Uuid::nil().to_string();
    let path = path
        .replace("{region}", "yaroslavl")
        .replace("{id}", &id)
        .replace("{role}", "operator")
        .replace("{digest}", &format!("sha256:{}", "0".repeat(64)))
        .replace("{login}", "nobody")
        .replace("{binding}", "none")
        .replace("{code}", "none")
        .replace("{name}", "none");
    assert!(!path.contains('{'), "{path}: give the parameter a value here");
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_as_every_role_and_as_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::sample(folder.path()).await;
    let pages = veche_web::page_routes();
    let public: Vec<_> = pages.iter().filter(|page| page.2.is_none()).map(|page| (page.1, page.0)).collect();
    let known = [("GET", "/sign-in"), ("POST", "/sign-in"), ("POST", "/kept"), ("POST", "/preferences")];
    let open = [("GET", "/open"), ("GET", "/open/{region}")];
    let all: Vec<_> = known.iter().chain(&open).copied().collect();
    assert!(
        public.iter().all(|page| all.contains(page)),
        "a public page is a decision, write it down here: {public:?}"
    );
    let nobody = Visitor::nobody(&served);
    for (path, method, action) in &pages {
        let Some(_) = action else { continue };
        let path = filled(path);
        if *method == "GET" {
            let answer = nobody.get(&path).await;
            let to = answer.headers().get(LOCATION).map(|to| to.to_str().unwrap().to_owned()).unwrap_or_default();
            assert!(answer.status() == 303 && to.starts_with("/sign-in?return_to="), "{path}: {}", answer.status());
        } else {
            let answer = nobody.post(&path, &[("reason", "два слова")]).await;
            assert_eq!(answer.status(), 401, "{method} {path}");
            assert!(answer.text().await.unwrap().contains("два слова"), "{path}: what was typed is kept");
        }
    }
    for (role, ..) in Role::ALL {
        for region in ["yaroslavl", "tver"] {
            let text = grant(role, region);
            let (grants, token) = (grants_of(&[&text]), served.token(&[&text]).await);
            for (path, method, action) in &pages {
                let Some(action) = action else { continue };
                let expected = if path.starts_with("/regions/") {
                    grants.scope(*action, &yaroslavl()).map(drop)
                } else if grants.allow_somewhere(*action) {
                    Ok(())
                } else {
                    Err(Refusal::Forbidden)
                };
                let url = format!("{}{}", served.address, filled(path));
                let request = nobody.client.request(method.parse::<Method>().unwrap(), url).bearer_auth(&token);
                let answer = request.send().await.unwrap();
                let status = answer.status().as_u16();
                let found = match status {
                    403 => Err(Refusal::Forbidden),
                    404 if answer.text().await.unwrap().contains("region &#34;yaroslavl&#34;") => Err(Refusal::Unknown),
                    _ => Ok(()),
                };
                assert!(status != 401 && status < 500, "{method} {path} as {text}: {status}");
                assert_eq!(found, expected, "{method} {path} as {text}: {status}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_sealed_and_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::sample(folder.path()).await;
    let visitor = Visitor::sign_in(&served, "oper", &["operator@yaroslavl"]).await;
    for path in ["/sign-in", "/profile", "/regions/yaroslavl/queue", "/no/such/page", "/regions/atlantis/queue"] {
        let mut request = visitor.client.get(format!("{}{path}", served.address)).header(COOKIE, &visitor.cookie);
        request = request.header("accept", "text/html");
        let answer = request.send().await.unwrap();
        let policy = answer.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned();
        assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.headers()["cache-control"], "no-store", "{path}");
        let page = answer.text().await.unwrap();
        assert!(!page.contains(" style=") && !page.contains("<style") && !page.contains(" onclick="), "{path}");
        assert!(!page.contains("=\"http") && !page.contains("='http"), "{path} names a foreign host");
    }
    // The API answers programs as it did, and what is nowhere is a page for people alone.
    let problem = visitor.get("/no/such/page").await;
    assert_eq!(problem.headers()["content-type"], "application/problem+json");
    let api = visitor.client.get(format!("{}/api/v1/regions/yaroslavl/appeals", served.address));
    assert_eq!(
        api.header("accept", "text/html").send().await.unwrap().headers()["content-type"],
        "application/problem+json"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_proves_its_origin() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::sample(folder.path()).await;
    let visitor = Visitor::sign_in(&served, "oper", &["operator@yaroslavl"]).await;
    let views = "/regions/yaroslavl/queue/views";
    let fields = |csrf: &'static str| [("name", "Мой отбор"), ("query", "show=overdue"), ("csrf", csrf)];
    // Another site, or a form without the session's text: nothing happens, and nothing is lost.
    let foreign = visitor.client.post(format!("{}{views}", served.address)).header(COOKIE, &visitor.cookie);
    let foreign = foreign.header("sec-fetch-site", "cross-site").form(&fields("")).send().await.unwrap();
    assert_eq!(foreign.status(), 403);
    let stale = visitor.post(views, &fields("0")).await;
    let page = stale.text().await.unwrap();
    assert!(page.contains("Отправить введённое?") && page.contains("Мой отбор"), "{page}");
    assert!(!visitor.text("/regions/yaroslavl/queue").await.contains("Мой отбор"));
    // The page that kept it sends it with the text of this session.
    let csrf = visitor.csrf().await;
    let sent = visitor.post(views, &[("name", "Мой отбор"), ("query", "show=overdue"), ("csrf", &csrf)]).await;
    assert_eq!(sent.status(), 303);
    assert!(visitor.text("/regions/yaroslavl/queue").await.contains("Мой отбор"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_outlives_the_session() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::sample(folder.path()).await;
    let mut visitor = Visitor::sign_in(&served, "oper", &["operator@yaroslavl"]).await;
    let csrf = visitor.csrf().await;
    visitor.post("/sign-out", &[("csrf", &csrf)]).await;
    let text = "Двадцать минут набранный\nтекст с <тегом> и «кавычками»";
    let views = "/regions/yaroslavl/queue/views";
    let kept = visitor.post(views, &[("name", text), ("query", "show=overdue"), ("csrf", &csrf)]).await;
    assert_eq!(kept.status(), 401);
    let page = kept.text().await.unwrap();
    assert!(page.contains("набранный\nтекст с &#60;тегом&#62;"), "{page}");
    // Signing in on that page leads to the form with the new session's proof, not to a blank one.
    let packed = hidden(&page, "kept_fields").replace("&#38;", "&");
    let fields = [("login", "oper"), ("password", PASSWORD), ("kept_path", views), ("kept_fields", packed.as_str())];
    let signed = visitor.post("/sign-in", &fields).await;
    visitor.cookie = session_of(&signed);
    let page = signed.text().await.unwrap();
    assert!(page.contains(&format!("action=\"{views}\"")) && page.contains("&#60;тегом&#62;"), "{page}");
    assert_eq!(hidden(&page, "csrf"), visitor.csrf().await);
    // A kept form leads nowhere but to this host.
    let fields = [("login", "oper"), ("password", PASSWORD), ("kept_path", "//evil.example/"), ("kept_fields", "a=b")];
    let signed = visitor.post("/sign-in", &fields).await;
    assert_eq!((signed.status().as_u16(), signed.headers()[LOCATION].to_str().unwrap()), (303, "/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_appeal_is_text_and_never_markup() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::sample(folder.path()).await;
    let intake = served.token(&["intake@yaroslavl"]).await;
    let script = "<script>alert(1)</script><img src=x onerror=alert(2)>'\"&";
    let texts = [script.to_owned(), "я".repeat(30_000), "שלום \u{202e}абв яма 🙂👨‍👩‍👧".to_owned()];
    let mut ids = Vec::new();
    for text in &texts {
        let body = serde_json::json!({"channel": "social", "regime": "social", "text": text, "external_id": format!("<b>{}", ids.len()),
            "place": {"municipality": "78701000", "address": "<i>ул. Мира</i>"}, "attributes": {"<u>a": "<u>b"}});
        let (status, new) = served.send("POST", "/regions/yaroslavl/appeals", Some(&intake), Some(&body)).await;
        assert!(status < 300, "{new}");
        ids.push(new["id"].as_str().unwrap().to_owned());
    }
    let visitor = Visitor::sign_in(&served, "oper", &["operator@yaroslavl"]).await;
    let mut pages = vec![visitor.text("/regions/yaroslavl/queue").await];
    for id in &ids {
        pages.push(visitor.text(&format!("/regions/yaroslavl/appeals/{id}")).await);
    }
    for page in &pages {
        for tag in ["<script>alert", "<img", "<b>", "<i>", "<u>"] {
            assert!(!page.contains(tag), "{tag}");
        }
    }
    assert!(pages[1].contains("&#60;script&#62;alert(1)"), "the text is shown as it was written");
    assert!(pages[2].contains(&"я".repeat(30_000)) && pages[0].len() < 100_000, "whole on its page, short in the list");
    assert!(pages[3].contains("🙂👨‍👩‍👧"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_shows_what_its_visitor_may_see() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::sample(folder.path()).await;
    let intake = served.token(&["intake@yaroslavl"]).await;
    let mut ids = Vec::new();
    for text in ["Автобус опять не пришёл по расписанию, стоим час", "На дороге огромная яма, звоните 89001234567"]
    {
        let body = serde_json::json!({"channel": "social", "regime": "social", "text": text, "place": {"municipality": "78701000"}});
        let (_, new) = served.send("POST", "/regions/yaroslavl/appeals", Some(&intake), Some(&body)).await;
        ids.push(new["id"].as_str().unwrap().to_owned());
    }
    while served.app.store.index_pending(100).await.unwrap() > 0 {}
    let roads = Visitor::sign_in(&served, "roads", &["operator@yaroslavl/roads"]).await;
    let whole = Visitor::sign_in(&served, "whole", &["operator@yaroslavl"]).await;
    let (queue, all) = (roads.text("/regions/yaroslavl/queue").await, whole.text("/regions/yaroslavl/queue").await);
    assert!(queue.contains("огромная яма") && !queue.contains("Автобус опять") && !queue.contains("89001234567"));
    assert!(all.contains("огромная яма") && all.contains("Автобус опять"));
    assert_eq!(roads.get(&format!("/regions/yaroslavl/appeals/{}", ids[0])).await.status(), 404);
    assert_eq!(roads.get("/regions/yaroslavl/queue?block=transport").await.status(), 404);
    // Found by another form of a word, and not by what is masked.
    let found = async |query: &str| whole.text(&format!("/regions/yaroslavl/queue?q={query}")).await;
    assert!(
        found("ямы+дорогой").await.contains("огромная яма") && !found("ямы+дорогой").await.contains("Автобус опять")
    );
    assert!(found("автобусы").await.contains("Автобус опять"));
    assert!(!found("89001234567").await.contains("огромная яма"));
    assert!(!found("\"*)(^:").await.contains("огромная яма"), "signs are no words");
    assert!(!roads.text("/regions/yaroslavl/queue?q=автобус").await.contains("Автобус опять"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_goes_from_draft_to_closing_once() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::sample(folder.path()).await;
    let intake = served.token(&["intake@yaroslavl"]).await;
    let body = serde_json::json!({"channel": "portal", "regime": "59fz", "text": "На дороге огромная яма", "place": {"municipality": "78701000"}});
    let (_, new) = served.send("POST", "/regions/yaroslavl/appeals", Some(&intake), Some(&body)).await;
    let path = format!("/regions/yaroslavl/appeals/{}", new["id"].as_str().unwrap());
    let operator = Visitor::sign_in(&served, "oper", &["operator@yaroslavl"]).await;
    let head = Visitor::sign_in(&served, "head", &["head@yaroslavl"]).await;
    let page = operator.text(&path).await;
    assert!(page.contains("/draft\"") && !page.contains("/answer\""), "an operator drafts and does not approve");
    let csrf = operator.csrf().await;
    let draft = |text: &'static str, version: &'static str, csrf: String| {
        let fields =
            [("question", "0"), ("version", "1"), ("draft_version", version), ("text", text), ("substance", "yes")];
        fields
            .into_iter()
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
            .chain([("csrf".to_owned(), csrf)])
            .collect::<Vec<_>>()
    };
    let send = async |who: &Visitor, end: &str, fields: &[(String, String)]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        who.post(&format!("{path}{end}"), &fields).await.status().as_u16()
    };
    assert_eq!(send(&operator, "/draft", &draft("Яму заделают в пятницу", "0", csrf.clone())).await, 303);
    assert_eq!(send(&operator, "/draft", &draft("Яму заделают в пятницу", "0", csrf.clone())).await, 303, "sent twice");
    assert_eq!(send(&operator, "/draft", &draft("Другой текст", "0", csrf.clone())).await, 409, "written by two");
    assert_eq!(send(&operator, "/answer", &draft("Сам утвердил", "1", csrf)).await, 403);
    // The head sees the draft, extends the term, and approves; the second press of the button changes nothing.
    let page = head.text(&path).await;
    assert!(page.contains("Яму заделают в пятницу") && page.contains("/answer\""));
    let (csrf, once, version) = (head.csrf().await, hidden(&page, "once"), hidden(&page, "version"));
    let act = |more: &[(&str, &str)]| {
        let own = [("csrf", csrf.as_str()), ("question", "0")];
        own.iter().chain(more).map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect::<Vec<_>>()
    };
    let far = act(&[("version", &version), ("once", &once), ("until", "2099-01-01"), ("reason", "ждём асфальт")]);
    assert_eq!(send(&head, "/extend", &far).await, 422, "59-FZ knows thirty days");
    let least = page.split_once("name=\"until\" min=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    let more = act(&[("version", &version), ("once", &once), ("until", &least), ("reason", "ждём асфальт")]);
    assert_eq!([send(&head, "/extend", &more).await, send(&head, "/extend", &more).await], [303, 303]);
    let page = head.text(&path).await;
    assert_eq!(page.matches("ждём асфальт").count(), 1, "{page}");
    let (once, version) = (hidden(&page, "once"), hidden(&page, "version"));
    let answer = act(&[("version", &version), ("once", &once), ("text", "Яма заделана 3 марта"), ("substance", "yes")]);
    assert_eq!([send(&head, "/answer", &answer).await, send(&head, "/answer", &answer).await], [303, 303]);
    let other = act(&[("version", &version), ("once", &uuid::Uuid::now_v7().to_string()), ("text", "Второй ответ")]);
    assert_eq!(send(&head, "/answer", &other).await, 409, "another tab saw an older page");
    let page = operator.text(&path).await;
    assert!(page.contains("Отвечено") && page.matches("Яма заделана 3 марта").count() == 1);
    let csrf = operator.csrf().await;
    for (kind, mark, reason, shown) in
        [("closed", "", "", "Закрыто"), ("marked", "5", "", "5 из 5"), ("reopened", "", "яма снова", "В работе")]
    {
        let page = operator.text(&path).await;
        let (once, version) = (hidden(&page, "once"), hidden(&page, "version"));
        let fields =
            [("csrf", csrf.as_str()), ("question", "0"), ("version", &version), ("once", &once), ("kind", kind)];
        let fields: Vec<_> = fields.into_iter().chain([("mark", mark), ("reason", reason)]).collect();
        assert_eq!(operator.post(&format!("{path}/follow-up"), &fields).await.status(), 303, "{kind}");
        assert!(operator.text(&path).await.contains(shown), "{kind}");
    }
    let auditor = served.token(&["auditor@*"]).await;
    let (_, log) = served.send("GET", "/regions/yaroslavl/audit?deed=follow_up", Some(&auditor), None).await;
    let kinds: Vec<&str> =
        log["items"].as_array().unwrap().iter().filter_map(|e| e["details"]["kind"].as_str()).collect();
    assert_eq!(kinds, ["extended", "answered", "closed", "marked", "reopened"], "{log}");
    assert!(!log.to_string().contains("заделана"), "no words of people in the log");
    assert!(Action::FollowUp.code() == "follow_up");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_applicant_is_shown_to_whom_the_log_names() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::sample(folder.path()).await;
    let intake = served.token(&["intake@yaroslavl"]).await;
    let body = serde_json::json!({"channel": "social", "regime": "social", "text": "Мышкина Тётя пишет про яму на дороге",
        "applicant": {"name": "Мышкина Тётя", "email": "mouse@example.org"}});
    let (_, new) = served.send("POST", "/regions/yaroslavl/appeals", Some(&intake), Some(&body)).await;
    let path = format!("/regions/yaroslavl/appeals/{}", new["id"].as_str().unwrap());
    let operator = Visitor::sign_in(&served, "oper", &["operator@yaroslavl"]).await;
    let auditor = Visitor::sign_in(&served, "auditor", &["auditor@yaroslavl"]).await;
    let page = operator.text(&path).await;
    assert!(!page.contains("Мышкина") && page.contains("/original"), "{page}");
    assert!(!auditor.text(&path).await.contains("/original"));
    let shown = operator.post(&format!("{path}/original"), &[("csrf", &operator.csrf().await)]).await;
    let page = shown.text().await.unwrap();
    assert!(page.contains("mouse@example.org") && page.contains("Мышкина Тётя пишет"), "{page}");
    let refused = auditor.post(&format!("{path}/original"), &[("csrf", &auditor.csrf().await)]).await;
    assert_eq!(refused.status(), 403);
    let token = served.token(&["auditor@*"]).await;
    let (_, log) = served.send("GET", "/regions/yaroslavl/audit?deed=read_personal_data", Some(&token), None).await;
    assert_eq!(log["items"].as_array().unwrap().len(), 1, "{log}");
}
