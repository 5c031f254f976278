//! Writes what came of cases into their files, and leaves everything else there as it stands, comments included.

use std::collections::BTreeMap;
use std::path::Path;

use toml_edit::{DocumentMut, Item, Table};

use super::error::{ToolError, read_text, write};
use super::expect::Expect;

/// Writes new expectations by the names of their cases; how many were written.
///
/// # Errors
/// A file that cannot be read or written.
pub fn update(path: &Path, answers: &BTreeMap<String, Expect>) -> Result<usize, ToolError> {
    let text = read_text(path)?;
    let (text, count) = updated(&text, answers).map_err(|reason| ToolError::file(path, reason))?;
    if count > 0 {
        write(path, text.as_bytes())?;
    }
    Ok(count)
}

fn updated(text: &str, answers: &BTreeMap<String, Expect>) -> Result<(String, usize), String> {
    let mut document: DocumentMut = text.parse().map_err(|e: toml_edit::TomlError| e.to_string())?;
    let mut count = 0;
    let cases = document.get_mut("case").and_then(Item::as_array_of_tables_mut);
    let cases = cases.ok_or("the cases are not written as `[[case]]`: only these can be updated")?;
    for case in cases.iter_mut() {
        let name = case.get("name").and_then(Item::as_str).unwrap_or_default();
        let Some(answer) = answers.get(name) else { continue };
        let mut expect = toml_edit::ser::to_document(answer).map_err(|e| e.to_string())?.as_table().clone();
        spread(&mut expect);
        if let Some(old) = case.get("expect").and_then(Item::as_table) {
            if let Some(position) = old.position() {
                expect.set_position(Some(position));
            }
            expect.decor_mut().clone_from(&old.decor().clone());
        } else {
            expect.decor_mut().set_prefix("\n");
        }
        case.insert("expect", Item::Table(expect));
        count += 1;
    }
    Ok((document.to_string(), count))
}

/// Lists of tables one item a line.
fn spread(table: &mut Table) {
    for (_, item) in table.iter_mut() {
        if let Some(inner) = item.as_table_mut() {
            spread(inner);
        }
        let Some(array) = item.as_array_mut() else { continue };
        if array.iter().any(|value| value.is_inline_table()) {
            for value in array.iter_mut() {
                value.decor_mut().set_prefix("\n    ");
            }
            array.set_trailing("\n");
            array.set_trailing_comma(true);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_written() {
        let text = "# Ours.\n[settings]\ndays = 5 # working days\n\n[[case]]\nname = \"a\"\n\n[case.appeal]\ntext = \"яма\"\n\n\
                    # Why so.\n[case.expect]\nno_opinion = true\n\n[[case]]\nname = \"b\"\n\n[case.appeal]\ntext = \"снег\"\n";
        let answer = |toml: &str| toml::from_str::<Expect>(toml).unwrap();
        let found = answer("candidates = [{ category = \"roads.snow\", confidence = 0.5, reasons = [] }]");
        let answers = BTreeMap::from([("b".to_owned(), found.clone())]);
        let (written, count) = updated(text, &answers).unwrap();
        assert_eq!(count, 1);
        assert!(written.starts_with(text.trim_end()), "{written}");
        let read: toml::Table = written.parse().unwrap();
        let expect: Expect = read["case"][1]["expect"].clone().try_into().unwrap();
        assert_eq!(expect, found);

        let answers = BTreeMap::from([("a".to_owned(), answer("needs_person = \"Где?\""))]);
        let (written, _) = updated(text, &answers).unwrap();
        assert!(written.contains("# Why so.\n[case.expect]\nneeds_person = \"Где?\"\n\n[[case]]"), "{written}");
        assert!(!written.contains("no_opinion"), "{written}");
        assert!(updated("case = []\n", &answers).is_err());
    }
}
