//! What is wrong with what somebody sent, in the language of the page, to be shown beside the form.

use veche_app::AppError;
use veche_app::store::StoreError;
use veche_domain::indicator::PeriodError;

use crate::pages::messages::Lang;
use crate::problem::Problem;

/// Words for a fault that a person can mend; anything else becomes a page of its own.
pub(super) fn said(error: AppError, lang: Lang) -> Result<String, Problem> {
    let known = |key: &str| lang.t(key);
    Ok(match &error {
        AppError::Period(PeriodError::Future { .. }) => known("curator-wrong-future"),
        AppError::Period(PeriodError::UpsideDown { .. }) => known("curator-wrong-upside-down"),
        AppError::Period(_) => known("curator-wrong-period"),
        AppError::Invalid { field, .. } => {
            let key = format!("curator-wrong-{}", field.replace('_', "-"));
            if lang.knows(&key) { lang.t(&key) } else { error.to_string() }
        }
        AppError::Unknown { code, .. } => lang.with("curator-wrong-unknown", &[("code", code.as_str().into())]),
        AppError::Store(StoreError::Conflict { .. }) => known("curator-wrong-changed"),
        AppError::Dictionaries(errors) => errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
        _ => return Err(error.into()),
    })
}

/// A number as people type it: with a comma, with spaces.
pub(super) fn number(text: &str) -> Option<f64> {
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).map(|c| if c == ',' { '.' } else { c }).collect();
    plain.replace('−', "-").parse::<f64>().ok().filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_type_them() {
        assert_eq!(number("1\u{a0}234,5"), Some(1_234.5));
        assert_eq!(number("−3"), Some(-3.0));
        for text in ["", "много", "inf", "1,2,3"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
