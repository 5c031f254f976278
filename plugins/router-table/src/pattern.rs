use std::fmt;

/// Which categories a row or a rule is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// `*` or nothing: every category.
    Any,
    /// `housing.*`: the categories whose code starts with `housing.`, dot included.
    Under(String),
    /// One category.
    One(String),
}

impl Pattern {
    /// Reads a pattern; the error says what would be right.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        match text.strip_suffix('*') {
            None if text.contains('*') => {}
            None if text.is_empty() => return Ok(Self::Any),
            None => return Ok(Self::One(text.to_owned())),
            Some("") => return Ok(Self::Any),
            Some(prefix) if prefix.len() > 1 && prefix.ends_with('.') && !prefix.contains('*') => {
                return Ok(Self::Under(prefix.to_owned()));
            }
            Some(_) => {}
        }
        Err(format!("category «{text}» is no pattern: write a code, a block like `housing.*`, or `*` for all"))
    }

    /// How exactly it names the category; none if it does not fit.
    pub(crate) fn fit(&self, category: &str) -> Option<usize> {
        match self {
            Self::Any => Some(0),
            Self::Under(prefix) => category.starts_with(prefix).then_some(prefix.len()),
            Self::One(code) => (code == category).then_some(usize::MAX),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Under(prefix) => write!(f, "{prefix}*"),
            Self::One(code) => f.write_str(code),
        }
    }
}
