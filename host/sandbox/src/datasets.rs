//! Datasets in memory: what `veche:plugin/datasets` reads. A call never waits for I/O.

use std::collections::HashMap;

use veche_domain::code::Digest;

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
    /// Bytes.
    Blob(Vec<u8>),
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
