//! What pages say, from the message files (Fluent): Russian by default, English.

use std::borrow::Cow;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::{LanguageIdentifier, langid};

use super::format;

/// Files of one area in both languages: `messages/ru/AREA.ftl`, `messages/en/AREA.ftl`.
macro_rules! areas {
    ($($area:literal),+ $(,)?) => {
        [$(($area, include_str!(concat!("../../messages/ru/", $area, ".ftl")), include_str!(concat!("../../messages/en/", $area, ".ftl")))),+]
    };
}

/// Area, its Russian and its English text.
const FILES: [(&str, &str, &str); 13] = areas![
    "common",
    "words",
    "problems",
    "sign-in",
    "profile",
    "help",
    "queue",
    "appeal",
    "why",
    "open",
    "admin",
    "developer",
    "curator"
];

type Bundle = FluentBundle<FluentResource>;

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Lang {
    /// Russian.
    #[default]
    Ru,
    /// English.
    En,
}

impl Lang {
    pub(crate) const ALL: [Self; 2] = [Self::Ru, Self::En];

    /// Its code: BCP 47.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Ru => "ru",
            Self::En => "en",
        }
    }

    /// Of a code.
    pub(crate) fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.code() == code)
    }

    fn bundle(self) -> &'static Bundle {
        static RU: LazyLock<Bundle> = LazyLock::new(|| bundle(Lang::Ru));
        static EN: LazyLock<Bundle> = LazyLock::new(|| bundle(Lang::En));
        match self {
            Self::Ru => &RU,
            Self::En => &EN,
        }
    }

    /// Whether there is such a message.
    pub(crate) fn knows(self, key: &str) -> bool {
        self.bundle().has_message(key)
    }

    /// A message without arguments.
    pub(crate) fn t(self, key: &str) -> String {
        self.with(key, &[])
    }

    /// A message with arguments. Numbers choose their plural form and are written as the language writes them.
    pub(crate) fn with(self, key: &str, args: &[(&str, Arg<'_>)]) -> String {
        let bundle = self.bundle();
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            tracing::error!(message.key = key, "a page names a message that is not there");
            return key.to_owned();
        };
        let mut fluent = FluentArgs::new();
        for (name, value) in args {
            fluent.set(*name, value.clone().fluent());
        }
        bundle.format_pattern(pattern, Some(&fluent), &mut Vec::new()).into_owned()
    }
}

/// An argument of a message.
#[derive(Debug, Clone)]
pub(crate) enum Arg<'a> {
    /// A text.
    Text(Cow<'a, str>),
    /// A number, which chooses the plural form.
    Number(i64),
}

impl<'a> Arg<'a> {
    fn fluent(self) -> FluentValue<'a> {
        match self {
            Self::Text(text) => FluentValue::String(text),
            Self::Number(number) => FluentValue::from(number),
        }
    }
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Arg<'_> {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<i64> for Arg<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

fn bundle(lang: Lang) -> Bundle {
    let id: LanguageIdentifier = match lang {
        Lang::Ru => langid!("ru"),
        Lang::En => langid!("en"),
    };
    let mut bundle = FluentBundle::new_concurrent(vec![id]);
    // The marks would show in attributes and titles; texts of people stand in elements of their own direction.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(match lang {
        Lang::Ru => |value, _| number(value, Lang::Ru),
        Lang::En => |value, _| number(value, Lang::En),
    }));
    for (area, ru, en) in FILES {
        let text = if lang == Lang::Ru { ru } else { en };
        let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(resource, errors)| {
            tracing::error!(message.area = area, errors = ?errors, "a message file has faults");
            resource
        });
        if let Err(errors) = bundle.add_resource(resource) {
            tracing::error!(message.area = area, errors = ?errors, "a message stands in two files");
        }
    }
    bundle
}

fn number<'v>(value: &FluentValue<'v>, lang: Lang) -> Option<String> {
    match value {
        #[allow(clippy::cast_possible_truncation)] // It was an i64 when it came.
        FluentValue::Number(number) => Some(format::number(number.value as i64, lang)),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    /// Message keys of a file with the arguments that each names.
    fn keys(text: &str) -> BTreeMap<String, BTreeSet<String>> {
        let mut keys: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut key = String::new();
        for line in text.lines() {
            if let Some((name, _)) = line.split_once(" =")
                && line.starts_with(|c: char| c.is_ascii_lowercase())
            {
                key = name.to_owned();
                assert!(keys.insert(key.clone(), BTreeSet::new()).is_none(), "{key} stands twice");
            }
            for (place, _) in line.match_indices('$') {
                let name = line[place + 1..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
                keys.get_mut(&key).unwrap_or_else(|| panic!("{line}")).insert(name);
            }
        }
        keys
    }

    #[test]
    fn both_languages_say_the_same_things() {
        let mut all = BTreeSet::new();
        for (area, ru, en) in FILES {
            for (lang, text) in [("ru", ru), ("en", en)] {
                let errors = FluentResource::try_new(text.to_owned()).err().map(|(_, errors)| errors);
                assert_eq!(errors, None, "messages/{lang}/{area}.ftl");
            }
            let (ru, en) = (keys(ru), keys(en));
            let names = |keys: &BTreeMap<String, _>| keys.keys().cloned().collect::<BTreeSet<String>>();
            let odd: Vec<_> = names(&ru).symmetric_difference(&names(&en)).cloned().collect();
            assert!(odd.is_empty(), "{area}.ftl: only one language has {odd:?}");
            for (key, args) in &ru {
                assert_eq!(Some(args), en.get(key), "{area}.ftl: {key}: the languages name other arguments");
                assert!(all.insert(key.clone()), "{key} stands in two files");
            }
        }
    }

    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                sources(&path, found);
            } else {
                found.push(path);
            }
        }
    }

    /// Keys that are named in whole: `t("KEY")`, `with("KEY"`, `count("KEY"`, `say("KEY"`, `key("KEY")`.
    fn named(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        for call in ["t(\"", "with(\"", "count(\"", "say(\"", "key(\"", "title(\""] {
            for (place, _) in text.match_indices(call) {
                let before = text[..place].chars().next_back().unwrap_or(' ');
                if before.is_alphanumeric() || before == '_' {
                    continue;
                }
                let rest = &text[place + call.len()..];
                found.push(rest.split_once('"').unwrap().0);
            }
        }
        found
    }

    #[test]
    fn every_message_that_a_page_names_is_there() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = Vec::new();
        sources(&here.join("templates"), &mut files);
        sources(&here.join("src/pages"), &mut files);
        let mut missing = BTreeSet::new();
        let mut seen = 0;
        for file in files.iter().filter(|file| !file.ends_with("messages.rs")) {
            let text = fs::read_to_string(file).unwrap();
            for key in named(&text) {
                seen += 1;
                if !Lang::ALL.iter().all(|lang| lang.knows(key)) {
                    missing.insert(format!("{}: {key}", file.display()));
                }
            }
        }
        assert!(missing.is_empty(), "messages/*/*.ftl lack {missing:#?}");
        assert!(seen > 50, "the search finds {seen} keys alone: has the way to name them changed?");
    }

    #[test]
    fn plural_forms_follow_the_number() {
        let say = |lang: Lang, n: i64| lang.with("words-days", &[("count", n.into())]);
        assert_eq!(
            [1, 2, 5, 11, 21, 1_234].map(|n| say(Lang::Ru, n)),
            ["1 день", "2 дня", "5 дней", "11 дней", "21 день", "1\u{a0}234 дня"]
        );
        assert_eq!([1, 2, 1_234].map(|n| say(Lang::En, n)), ["1 day", "2 days", "1,234 days"]);
    }
}
