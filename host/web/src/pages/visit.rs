//! Who visits a page, in which language, and what every page shows around its content.

use std::fmt::Display;

use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use veche_app::store::RegionRow;
use veche_domain::access::{Action, Scope};
use veche_domain::code::RegionCode;

use super::messages::{Arg, Lang};
use super::nav::{NavItem, nav};
use super::{assets, format};
use crate::Web;
use crate::guard::Access;
use crate::problem::Problem;
use crate::session;

const LANGUAGE: &str = "veche-language";
const THEME: &str = "veche-theme";
const FLASH: &str = "veche-flash";
/// A choice of language or theme is kept for a year, seconds.
const CHOICE_LIFE: u32 = 31_536_000;

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Theme {
    /// As the person's system says.
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    pub(crate) const ALL: [(Self, &'static str); 3] =
        [(Self::Auto, "auto"), (Self::Light, "light"), (Self::Dark, "dark")];

    pub(crate) fn code(self) -> &'static str {
        Self::ALL.iter().find(|(theme, _)| *theme == self).map_or("auto", |(_, code)| code)
    }

    pub(crate) fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == code).map(|(theme, _)| *theme)
    }
}

/// What the page after a write says once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flash {
    /// Whether it warns.
    pub(crate) warning: bool,
    /// Key of the message.
    pub(crate) key: String,
    /// Its `$count`, if it has one.
    pub(crate) count: Option<i64>,
}

/// What a request says about its visitor beside who they are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Look {
    pub(crate) lang: Lang,
    pub(crate) theme: Theme,
    /// Path with its query.
    pub(crate) path: String,
    /// Asked by htmx: a part of a page, not a whole one.
    pub(crate) partial: bool,
    pub(crate) flash: Option<Flash>,
}

impl Look {
    pub(crate) fn of(uri: &axum::http::Uri, headers: &HeaderMap) -> Self {
        let cookie = |name| session::plain_cookie(headers, name);
        let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let lang = cookie(LANGUAGE).as_deref().and_then(Lang::from_code);
        let flash = cookie(FLASH).and_then(|text| {
            let mut parts = text.split('.');
            let (kind, key) = (parts.next()?, parts.next()?);
            let count = parts.next().and_then(|count| count.parse().ok());
            Lang::Ru.knows(key).then(|| Flash { warning: kind == "warning", key: key.to_owned(), count })
        });
        Self {
            lang: lang.unwrap_or_default(),
            theme: cookie(THEME).as_deref().and_then(Theme::from_code).unwrap_or_default(),
            path,
            partial: headers.contains_key("hx-request") && !headers.contains_key("hx-history-restore-request"),
            flash,
        }
    }
}

/// A visit of a page: put there by the guard, taken by handlers.
#[derive(Clone)]
pub(crate) struct Visit {
    pub(crate) look: Look,
    /// Who, if they are signed in; on a guarded page always somebody.
    pub(crate) access: Option<Access>,
    /// The region of the path, or the first that the visitor holds something in.
    pub(crate) region: Option<RegionRow>,
}

impl FromRequestParts<Web> for Visit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Web) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            tracing::error!(http.path = %parts.uri.path(), "a page stands outside of the guard of pages");
            let detail = "the failure is in the host's log";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "The host failed", detail)
        })
    }
}

impl Visit {
    /// The language.
    pub(crate) fn lang(&self) -> Lang {
        self.look.lang
    }

    /// Who may do what: of a guarded page.
    ///
    /// # Errors
    /// On a public page with nobody there.
    pub(crate) fn access(&self) -> Result<&Access, Problem> {
        self.access.as_ref().ok_or_else(|| {
            Problem::new(StatusCode::UNAUTHORIZED, "token", "Sign in", "this page is for those who are signed in")
        })
    }

    /// The region of the path.
    ///
    /// # Errors
    /// On a page without one.
    pub(crate) fn region(&self) -> Result<&RegionRow, Problem> {
        self.region.as_ref().ok_or_else(|| Problem::unknown("this page belongs to no region"))
    }

    /// The region's code.
    ///
    /// # Errors
    /// On a page without one.
    pub(crate) fn region_code(&self) -> Result<&RegionCode, Problem> {
        Ok(&self.region()?.region.code)
    }

    /// How far an action goes in the region of the page; none if it is not allowed.
    pub(crate) fn may(&self, action: Action) -> Option<Scope> {
        let region = &self.region.as_ref()?.region.code;
        self.access.as_ref()?.may(action, region)
    }

    /// What every page shows, under a title that is a message.
    pub(crate) fn page(&self, title: &str) -> Page {
        self.page_titled(self.look.lang.t(title))
    }

    /// The same under a title that was put together.
    pub(crate) fn page_titled(&self, title: String) -> Page {
        let session = self.access.as_ref().and_then(|access| access.caller.session.as_ref());
        let region = self.region.as_ref().map(|row| {
            let english = row.region.name_en.clone().filter(|_| self.look.lang == Lang::En);
            (row.region.code.to_string(), english.unwrap_or_else(|| row.region.name.clone()))
        });
        Page {
            lang: self.look.lang,
            theme: self.look.theme,
            title,
            path: self.look.path.clone(),
            who: session.map(|(_, account)| account.name.clone()),
            csrf: session.map(|(session, _)| session.csrf.clone()).unwrap_or_default(),
            nav: nav(self),
            zone: self.region.as_ref().map_or(Tz::UTC, |row| row.region.time_zone),
            region: region.as_ref().map(|(code, _)| code.clone()).unwrap_or_default(),
            region_name: region.map(|(_, name)| name).unwrap_or_default(),
            flash: self.look.flash.clone(),
            charts: false,
            now: Utc::now(),
        }
    }

    /// Renders a template as an answer.
    ///
    /// # Errors
    /// A template that cannot be rendered.
    pub(crate) fn html(&self, template: &impl Template) -> Result<Response, Problem> {
        self.html_with(StatusCode::OK, template)
    }

    /// The same with a status of its own: `422` for a form that comes back with what is wrong with it.
    ///
    /// # Errors
    /// A template that cannot be rendered.
    pub(crate) fn html_with(&self, status: StatusCode, template: &impl Template) -> Result<Response, Problem> {
        let text = template.render().map_err(|error| {
            tracing::error!(%error, "a page cannot be rendered");
            let detail = "the failure is in the host's log";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "The host failed", detail)
        })?;
        let html = (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        let mut response = (status, [html], text).into_response();
        if self.look.flash.is_some() && !self.look.partial {
            response.headers_mut().append(header::SET_COOKIE, choice(FLASH, "", 0));
        }
        Ok(response)
    }

    /// After a write: to a page that says once what was done. `done` is the key of a message without arguments.
    pub(crate) fn go(&self, path: &str, done: &str) -> Response {
        go(path, Some(("done", done)))
    }

    /// After a write that could not be done, or not wholly: to a page that says so.
    pub(crate) fn go_warned(&self, path: &str, warning: &str) -> Response {
        go(path, Some(("warning", warning)))
    }
}

/// To another page, with something to say there or not.
pub(crate) fn go(path: &str, flash: Option<(&str, &str)>) -> Response {
    let to = HeaderValue::try_from(path).unwrap_or_else(|_| HeaderValue::from_static("/"));
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response();
    if let Some((kind, key)) = flash {
        response.headers_mut().append(header::SET_COOKIE, choice(FLASH, &format!("{kind}.{key}"), 60));
    }
    response
}

/// To another page that says once how many: `kind` is `done` or `warning`, the message takes `$count`.
pub(crate) fn go_counted(path: &str, kind: &str, key: &str, count: i64) -> Response {
    go(path, Some((kind, &format!("{key}.{count}"))))
}

fn choice(name: &str, value: &str, seconds: u32) -> HeaderValue {
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax");
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// Cookies of a choice of language and theme.
pub(crate) fn choose(lang: Option<Lang>, theme: Option<Theme>) -> Vec<(HeaderName, HeaderValue)> {
    let lang = lang.map(|lang| choice(LANGUAGE, lang.code(), CHOICE_LIFE));
    let theme = theme.map(|theme| choice(THEME, theme.code(), CHOICE_LIFE));
    lang.into_iter().chain(theme).map(|value| (header::SET_COOKIE, value)).collect()
}

/// JSON for a script of the page, in `<script type="application/json">`: nothing in it ends the element.
#[allow(dead_code)] // Pages with charts use it.
pub(crate) fn json_block(value: &serde_json::Value) -> askama::filters::Safe<String> {
    let text = value.to_string();
    let escaped = text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
    askama::filters::Safe(escaped)
}

/// A whole number of whichever type, by value or by reference, as templates hand it over.
fn whole(value: impl Display) -> i64 {
    value.to_string().parse().unwrap_or(i64::MAX)
}

/// What every page shows around its content; templates call it `page`.
pub(crate) struct Page {
    pub(crate) lang: Lang,
    pub(crate) theme: Theme,
    /// Heading, and the window's title.
    pub(crate) title: String,
    /// Path with its query.
    pub(crate) path: String,
    /// Name of the person who is signed in.
    pub(crate) who: Option<String>,
    /// What each form sends as `csrf`.
    pub(crate) csrf: String,
    pub(crate) nav: Vec<NavItem>,
    /// Time zone of the region.
    pub(crate) zone: Tz,
    /// Code of the region; empty where there is none.
    pub(crate) region: String,
    pub(crate) region_name: String,
    pub(crate) flash: Option<Flash>,
    /// Whether the page draws charts.
    pub(crate) charts: bool,
    pub(crate) now: DateTime<Utc>,
}

impl Page {
    /// The same page with charts.
    #[must_use]
    #[allow(dead_code)] // Pages of indicators draw them.
    pub(crate) fn with_charts(mut self) -> Self {
        self.charts = true;
        self
    }

    /// A message.
    pub(crate) fn t(&self, key: &str) -> String {
        self.lang.t(key)
    }

    /// What was done, said once.
    pub(crate) fn flash_text(&self, flash: &Flash) -> String {
        match flash.count {
            Some(count) => self.lang.with(&flash.key, &[("count", count.into())]),
            None => self.lang.t(&flash.key),
        }
    }

    /// A message with a whole number in it, `$count`.
    pub(crate) fn count(&self, key: &str, count: impl Display) -> String {
        self.lang.with(key, &[("count", whole(count).into())])
    }

    /// A message with one text in it.
    pub(crate) fn say(&self, key: &str, name: &str, value: impl Display) -> String {
        self.lang.with(key, &[(name, Arg::from(value.to_string()))])
    }

    /// A whole number.
    pub(crate) fn number(&self, value: impl Display) -> String {
        format::number(whole(value), self.lang)
    }

    /// A moment in the region's time.
    pub(crate) fn moment(&self, at: &DateTime<Utc>) -> String {
        format::moment(*at, self.zone, self.lang)
    }

    /// A moment for machines: `<time datetime>`.
    pub(crate) fn machine(&self, at: &DateTime<Utc>) -> String {
        at.with_timezone(&self.zone).to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }

    /// A day.
    #[allow(dead_code)] // Pages of indicators use it.
    pub(crate) fn day(&self, day: &NaiveDate) -> String {
        format::short_day(*day, self.lang)
    }

    /// What is left until a term.
    pub(crate) fn left(&self, due: &DateTime<Utc>) -> String {
        format::left(*due, self.now, self.lang)
    }

    /// Address of a file for the browser.
    pub(crate) fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    /// Whether the host was built with them.
    pub(crate) fn has_assets(&self) -> bool {
        assets::are_built()
    }

    /// Path of a page of this region.
    pub(crate) fn at(&self, rest: &str) -> String {
        format!("/regions/{}/{rest}", self.region)
    }

    /// Languages to choose from, with whether each is the one of this page.
    pub(crate) fn languages(&self) -> Vec<(&'static str, &'static str, bool)> {
        [(Lang::Ru, "Русский"), (Lang::En, "English")].map(|(l, name)| (l.code(), name, l == self.lang)).to_vec()
    }

    /// Themes to choose from: code, name, whether it is the one of this page.
    pub(crate) fn themes(&self) -> Vec<(&'static str, String, bool)> {
        let named = |(theme, code): &(Theme, &'static str)| {
            (*code, self.lang.t(&format!("common-theme-{code}")), *theme == self.theme)
        };
        Theme::ALL.iter().map(named).collect()
    }
}
