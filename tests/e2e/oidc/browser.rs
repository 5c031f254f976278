//! What a browser does of a sign-in: follows redirects, keeps cookies of each host apart, fills the provider's forms in.

use std::collections::BTreeMap;

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};

/// A browser with cookies of its own.
pub(crate) struct Browser {
    client: Client,
    jar: BTreeMap<(String, String), String>,
}

impl Browser {
    pub(crate) fn new() -> Self {
        Self::with(Client::builder())
    }

    pub(crate) fn with(client: reqwest::ClientBuilder) -> Self {
        Self { client: client.redirect(Policy::none()).no_proxy().build().unwrap(), jar: BTreeMap::new() }
    }

    fn site(url: &Url) -> String {
        format!("{}:{}", url.host_str().unwrap(), url.port_or_known_default().unwrap())
    }

    /// The value of a cookie of a host.
    pub(crate) fn cookie(&self, url: &str, name: &str) -> Option<String> {
        self.jar.get(&(Self::site(&url.parse().unwrap()), name.to_owned())).cloned()
    }

    /// Sets a cookie of a host, as whoever sits at the browser can.
    pub(crate) fn set_cookie(&mut self, url: &str, name: &str, value: &str) {
        self.jar.insert((Self::site(&url.parse().unwrap()), name.to_owned()), value.to_owned());
    }

    /// Sends a request with the host's cookies and keeps those of the answer.
    pub(crate) async fn send(&mut self, request: reqwest::RequestBuilder) -> Response {
        let mut request = request.build().unwrap();
        let site = Self::site(request.url());
        let cookies: Vec<String> = self
            .jar
            .iter()
            .filter(|((host, _), _)| *host == site)
            .map(|((_, name), value)| format!("{name}={value}"))
            .collect();
        if !cookies.is_empty() {
            request.headers_mut().insert(COOKIE, cookies.join("; ").parse().unwrap());
        }
        let response = self.client.execute(request).await.unwrap();
        for cookie in response.headers().get_all(SET_COOKIE) {
            let (pair, rest) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            let key = (site.clone(), name.to_owned());
            if value.is_empty() || rest.to_lowercase().contains("max-age=0") || rest.contains("1970") {
                self.jar.remove(&key);
            } else {
                self.jar.insert(key, value.to_owned());
            }
        }
        response
    }

    pub(crate) async fn get(&mut self, url: &str) -> Response {
        let request = self.client.get(url);
        self.send(request).await
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Begins at `start` of the host, signs in as `subject` at the provider, and stops in front of the way back: its address.
    pub(crate) async fn until_back(&mut self, start: &str, subject: &str) -> String {
        let mut response = self.get(start).await;
        let mut url: Url = start.parse().unwrap();
        for _ in 0..12 {
            if response.status().is_redirection() {
                url = url.join(response.headers()[LOCATION].to_str().unwrap()).unwrap();
                if url.path() == veche_app::oidc::CALLBACK {
                    return url.into();
                }
                response = self.get(url.as_str()).await;
                continue;
            }
            assert_eq!(response.status(), StatusCode::OK, "{url}");
            let page = response.text().await.unwrap();
            let form: &[(&str, &str)] = if page.contains("name=\"login\"") {
                &[("prompt", "login"), ("login", subject), ("password", "any")]
            } else {
                assert!(page.contains("value=\"consent\""), "{page}");
                &[("prompt", "consent")]
            };
            let post = self.client.post(url.clone()).form(form);
            response = self.send(post).await;
        }
        panic!("the provider never sends the browser back; it is at {url}");
    }

    /// The whole sign-in: the host's answer to the way back.
    pub(crate) async fn sign_in(&mut self, start: &str, subject: &str) -> Response {
        let back = self.until_back(start, subject).await;
        self.get(&back).await
    }
}
