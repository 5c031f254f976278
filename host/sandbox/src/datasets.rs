//! Datasets in memory: what `veche:plugin/datasets` reads. A call never waits for I/O.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use veche_domain::code::Digest;

use crate::polygons::Polygons;

/// A versioned read-only dataset.
#[derive(Debug)]
pub struct Dataset {
    /// Digest of its bytes.
    pub digest: Digest,
    /// Content.
    pub content: Content,
}

/// Content of a dataset.
#[derive(Debug)]
pub enum Content {
    /// Keyed rows.
    Table(Table),
    /// Named areas.
    Polygons(Polygons),
    /// Bytes.
    Blob(Vec<u8>),
}

/// What a dataset holds, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// `table`, `polygons` or `blob`.
    pub shape: String,
    /// Columns of a table; the first is the key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Rows of a table, areas of polygons, bytes of a blob.
    pub size: usize,
    /// Different keys of a table or of polygons.
    pub keys: usize,
}

/// A table of texts; the first column is the key, and a key may have several rows.
#[derive(Debug, Default)]
pub struct Table {
    /// Column names.
    pub columns: Vec<String>,
    /// Rows, in file order.
    pub rows: Vec<Vec<String>>,
    keys: HashMap<String, Vec<usize>>,
}

impl Dataset {
    /// Reads a table from CSV (RFC 4180, UTF-8, header in the first line).
    ///
    /// # Errors
    /// The line and what is wrong with it.
    pub fn table(bytes: &[u8]) -> Result<Self, String> {
        let digest = Digest::of(bytes);
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
        let header = reader.headers().map_err(|e| format!("the CSV header cannot be read: {e}"))?;
        let columns: Vec<String> = header.iter().map(|c| c.trim().to_owned()).collect();
        if columns.iter().all(String::is_empty) {
            return Err("the table is empty: the first line must name the columns".into());
        }
        if let Some(twice) = columns.iter().enumerate().find(|(i, c)| columns.iter().take(*i).any(|b| b == *c)) {
            return Err(format!("column {:?} is named twice: give each column a name of its own", twice.1));
        }
        let mut table = Table { columns, ..Table::default() };
        for record in reader.records() {
            let record = record.map_err(|e| format!("the CSV cannot be read: {e}"))?;
            let row: Vec<String> = record.iter().map(str::to_owned).collect();
            if let Some(key) = row.first() {
                table.keys.entry(key.clone()).or_default().push(table.rows.len());
            }
            table.rows.push(row);
        }
        Ok(Self { digest, content: Content::Table(table) })
    }

    /// Reads polygons from GeoJSON (RFC 7946).
    ///
    /// # Errors
    /// The feature and what is wrong with it.
    pub fn polygons(bytes: &[u8]) -> Result<Self, String> {
        let polygons = Polygons::from_geojson(bytes)?;
        Ok(Self { digest: Digest::of(bytes), content: Content::Polygons(polygons) })
    }

    /// Reads a dataset of a shape: `table`, `polygons` or `blob`.
    ///
    /// # Errors
    /// An unknown shape, or what is wrong with the bytes.
    pub fn read(shape: &str, bytes: Vec<u8>) -> Result<Self, String> {
        match shape {
            "table" => Self::table(&bytes),
            "polygons" => Self::polygons(&bytes),
            "blob" => Ok(Self::blob(bytes)),
            other => Err(format!("shape {other:?} is unknown: use table, polygons or blob")),
        }
    }

    /// What it holds, for people.
    #[must_use]
    pub fn schema(&self) -> Schema {
        let schema = |shape: &str, columns: &[String], size, keys| Schema {
            shape: shape.to_owned(),
            columns: columns.to_vec(),
            size,
            keys,
        };
        match &self.content {
            Content::Table(table) => schema("table", &table.columns, table.rows.len(), table.keys.len()),
            Content::Polygons(polygons) => {
                let keys: std::collections::HashSet<&String> = polygons.keys.iter().collect();
                schema("polygons", &[], polygons.keys.len(), keys.len())
            }
            Content::Blob(bytes) => schema("blob", &[], bytes.len(), 0),
        }
    }

    /// Takes bytes as they are.
    #[must_use]
    pub fn blob(bytes: Vec<u8>) -> Self {
        Self { digest: Digest::of(&bytes), content: Content::Blob(bytes) }
    }
}

impl Table {
    /// Rows with a key, in file order.
    pub fn by_key(&self, key: &str) -> impl Iterator<Item = &Vec<String>> {
        self.keys.get(key).into_iter().flatten().filter_map(|&i| self.rows.get(i))
    }
}
