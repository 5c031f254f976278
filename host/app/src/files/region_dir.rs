//! A region's folder: `region.toml`, `blocks.csv`, `categories.csv`, `bodies.csv`, `municipalities.csv`.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use veche_domain::dictionary::{Block, Body, BodyKind, Category, DictionaryData, Municipality, Region};

use super::ImportError;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CategoryLine {
    code: String,
    block: String,
    name: String,
    #[serde(default)]
    name_en: Option<String>,
    #[serde(default)]
    other: u8,
    #[serde(default)]
    default_body: Option<String>,
    #[serde(default)]
    sstu: Option<String>,
    #[serde(default)]
    valid_from: Option<chrono::NaiveDate>,
    #[serde(default)]
    valid_to: Option<chrono::NaiveDate>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BodyLine {
    code: String,
    name: String,
    #[serde(default)]
    short_name: Option<String>,
    kind: BodyKind,
    #[serde(default)]
    municipality: Option<String>,
    #[serde(default)]
    work_time: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MunicipalityLine {
    code: String,
    name: String,
    #[serde(default)]
    aliases: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BlockLine {
    code: String,
    name: String,
    #[serde(default)]
    name_en: Option<String>,
}

/// Reads a region's folder.
///
/// # Errors
/// [`ImportError::Region`] lists every fault with its file and line.
pub fn load_region_dir(folder: &Path) -> Result<DictionaryData, ImportError> {
    let mut faults = Vec::new();
    let region = folder.join("region.toml");
    let region = std::fs::read_to_string(&region)
        .map_err(|e| e.to_string())
        .and_then(|text| toml::from_str::<Region>(&text).map_err(|e| e.to_string()))
        .map_err(|e| faults.push(format!("{}: {e}", region.display())))
        .ok();
    let blocks = read(&folder.join("blocks.csv"), &mut faults, |line: BlockLine| {
        Ok(Block { code: code(&line.code)?, name: line.name, name_en: line.name_en })
    });
    let categories = read(&folder.join("categories.csv"), &mut faults, |line: CategoryLine| {
        Ok(Category {
            code: code(&line.code)?,
            block: code(&line.block)?,
            name: line.name,
            name_en: line.name_en,
            other: line.other != 0,
            default_body: line.default_body.as_deref().map(code).transpose()?,
            sstu: line.sstu,
            valid_from: line.valid_from,
            valid_to: line.valid_to,
        })
    });
    let bodies = read(&folder.join("bodies.csv"), &mut faults, |line: BodyLine| {
        Ok(Body {
            code: code(&line.code)?,
            name: line.name,
            short_name: line.short_name,
            kind: line.kind,
            municipality: line.municipality.as_deref().map(code).transpose()?,
            work_time: line
                .work_time
                .as_deref()
                .map(|t| t.parse().map_err(|e: veche_domain::calendar::CalendarError| e.to_string()))
                .transpose()?,
        })
    });
    let municipalities = read(&folder.join("municipalities.csv"), &mut faults, |line: MunicipalityLine| {
        let aliases = line.aliases.split('|').map(str::trim).filter(|a| !a.is_empty()).map(str::to_owned).collect();
        Ok(Municipality { code: code(&line.code)?, name: line.name, aliases })
    });
    match (region, faults.is_empty()) {
        (Some(region), true) => Ok(DictionaryData { region, blocks, categories, bodies, municipalities }),
        _ => Err(ImportError::Region(faults)),
    }
}

fn code<C: std::str::FromStr<Err = veche_domain::code::CodeError>>(text: &str) -> Result<C, String> {
    text.parse().map_err(|e: veche_domain::code::CodeError| e.to_string())
}

fn read<L: DeserializeOwned, T>(
    path: &Path,
    faults: &mut Vec<String>,
    make: impl Fn(L) -> Result<T, String>,
) -> Vec<T> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            faults.push(format!("{}: {error}", path.display()));
            return Vec::new();
        }
    };
    // Russian spreadsheet programs save CSV with `;`.
    let delimiter = super::table::delimiter_of(&text);
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).trim(csv::Trim::All).from_reader(text.as_bytes());
    let headers = reader.headers().cloned().unwrap_or_default();
    let mut entries = Vec::new();
    for record in reader.records() {
        let place = |line: usize| format!("{}:{line}", path.display());
        match record {
            Ok(record) => {
                let line = line_of(&text, record.position());
                match record.deserialize(Some(&headers)).map_err(|e| e.to_string()).and_then(&make) {
                    Ok(entry) => entries.push(entry),
                    Err(error) => faults.push(format!("{}: {error}", place(line))),
                }
            }
            Err(error) => faults.push(format!("{}: {error}", place(line_of(&text, error.position())))),
        }
    }
    entries
}

/// The line on which a record begins; its position may stand before the line break and empty lines.
fn line_of(text: &str, position: Option<&csv::Position>) -> usize {
    let start = position.and_then(|p| usize::try_from(p.byte()).ok()).unwrap_or_default();
    let rest = text.get(start..).unwrap_or_default();
    let begin = start + (rest.len() - rest.trim_start_matches(['\r', '\n']).len());
    1 + text.get(..begin).unwrap_or_default().matches('\n').count()
}

/// Writes a region's folder.
///
/// # Errors
/// [`ImportError::File`].
pub fn write_region_dir(folder: &Path, data: &DictionaryData) -> Result<(), ImportError> {
    let failed = |path: &Path, reason: String| ImportError::File { path: path.display().to_string(), reason };
    std::fs::create_dir_all(folder).map_err(|e| failed(folder, e.to_string()))?;
    let path = folder.join("region.toml");
    let text = toml::to_string(&data.region).map_err(|e| failed(&path, e.to_string()))?;
    std::fs::write(&path, text).map_err(|e| failed(&path, e.to_string()))?;
    let blocks = data.blocks.iter().map(|b| BlockLine {
        code: b.code.to_string(),
        name: b.name.clone(),
        name_en: b.name_en.clone(),
    });
    write(&folder.join("blocks.csv"), blocks)?;
    let categories = data.categories.iter().map(|c| CategoryLine {
        code: c.code.to_string(),
        block: c.block.to_string(),
        name: c.name.clone(),
        name_en: c.name_en.clone(),
        other: u8::from(c.other),
        default_body: c.default_body.as_ref().map(ToString::to_string),
        sstu: c.sstu.clone(),
        valid_from: c.valid_from,
        valid_to: c.valid_to,
    });
    write(&folder.join("categories.csv"), categories)?;
    let bodies = data.bodies.iter().map(|b| BodyLine {
        code: b.code.to_string(),
        name: b.name.clone(),
        short_name: b.short_name.clone(),
        kind: b.kind,
        municipality: b.municipality.as_ref().map(ToString::to_string),
        work_time: b.work_time.as_ref().map(ToString::to_string),
    });
    write(&folder.join("bodies.csv"), bodies)?;
    let municipalities = data.municipalities.iter().map(|m| MunicipalityLine {
        code: m.code.to_string(),
        name: m.name.clone(),
        aliases: m.aliases.join("|"),
    });
    write(&folder.join("municipalities.csv"), municipalities)
}

fn write<L: Serialize>(path: &Path, lines: impl Iterator<Item = L>) -> Result<(), ImportError> {
    let failed = |reason: String| ImportError::File { path: path.display().to_string(), reason };
    let mut writer = csv::Writer::from_path(path).map_err(|e| failed(e.to_string()))?;
    for line in lines {
        writer.serialize(line).map_err(|e| failed(e.to_string()))?;
    }
    writer.flush().map_err(|e| failed(e.to_string()))
}
