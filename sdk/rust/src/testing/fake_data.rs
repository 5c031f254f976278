//! Log, dictionaries, datasets and applicant of the stand-in.

use super::{Table, with};

pub(crate) mod log {
    use super::with;
    use crate::log::Level;

    pub(crate) fn write(level: Level, message: &str) {
        with(|host| host.log.push((level, message.to_owned())));
    }
}

/// The region's dictionaries.
pub(crate) mod directory {
    use super::with;
    use crate::directory::{Block, Body, Category, Municipality};

    /// All blocks, in the region's order.
    pub fn blocks() -> Vec<Block> {
        with(|host| host.blocks.clone())
    }

    /// Categories of a block, or of all blocks.
    pub fn categories(block: Option<&str>) -> Vec<Category> {
        with(|host| {
            let of_block = |category: &&Category| block.is_none_or(|block| category.block == block);
            host.categories.iter().filter(of_block).cloned().collect()
        })
    }

    /// One category; none if unknown or not in force.
    pub fn category_by_code(code: &str) -> Option<Category> {
        with(|host| host.categories.iter().find(|category| category.code == code).cloned())
    }

    /// One body; none if unknown.
    pub fn body_by_code(code: &str) -> Option<Body> {
        with(|host| host.bodies.iter().find(|body| body.code == code).cloned())
    }

    /// Bodies of a municipality.
    pub fn bodies_of(municipality: &str) -> Vec<Body> {
        with(|host| {
            let of = |body: &&Body| body.municipality.as_deref() == Some(municipality);
            host.bodies.iter().filter(of).cloned().collect()
        })
    }

    /// One municipality; none if unknown.
    pub fn municipality_by_code(code: &str) -> Option<Municipality> {
        with(|host| host.municipalities.iter().find(|municipality| municipality.code == code).cloned())
    }

    /// A municipality by its name, ignoring case and «ё».
    pub fn find_municipality(name: &str) -> Option<Municipality> {
        let folded = |name: &str| name.to_lowercase().replace('ё', "е");
        with(|host| host.municipalities.iter().find(|municipality| folded(&municipality.name) == folded(name)).cloned())
    }
}

/// The bound datasets.
pub(crate) mod datasets {
    use super::super::fake_polygons;
    use super::{Table, with};
    use crate::Point;
    use crate::datasets::DatasetError;

    /// The host's own limits on one answer.
    const MOST_ROWS: usize = 4096;
    const MOST_BYTES: usize = 1 << 20;

    fn table<T>(name: &str, work: impl FnOnce(&Table) -> T) -> Result<T, DatasetError> {
        with(|host| match host.tables.get(name) {
            Some(table) => Ok(work(table)),
            None if host.blobs.contains_key(name) || host.polygons.contains_key(name) => {
                Err(DatasetError::WrongShape(name.to_owned()))
            }
            None => Err(DatasetError::NotBound(name.to_owned())),
        })
    }

    /// Column names of a table; the first is the key.
    pub fn columns(dataset: &str) -> Result<Vec<String>, DatasetError> {
        table(dataset, |table| table.columns.clone())
    }

    /// The rows of a table with this key, in file order.
    pub fn get(dataset: &str, key: &str) -> Result<Vec<Vec<String>>, DatasetError> {
        let with_key = |row: &&Vec<String>| row.first().is_some_and(|first| first == key);
        table(dataset, |table| table.rows.iter().filter(with_key).cloned().collect())
    }

    /// Rows of a table in file order, from `offset`, at most `limit`.
    pub fn scan(dataset: &str, offset: u32, limit: u32) -> Result<Vec<Vec<String>>, DatasetError> {
        let limit = (limit as usize).min(MOST_ROWS);
        table(dataset, |table| table.rows.iter().skip(offset as usize).take(limit).cloned().collect())
    }

    /// Keys of the polygons that hold the point, in file order.
    pub fn locate(dataset: &str, at: Point) -> Result<Vec<String>, DatasetError> {
        with(|host| match host.polygons.get(dataset) {
            Some(areas) => Ok(fake_polygons::locate(areas, at)),
            None if host.tables.contains_key(dataset) || host.blobs.contains_key(dataset) => {
                Err(DatasetError::WrongShape(dataset.to_owned()))
            }
            None => Err(DatasetError::NotBound(dataset.to_owned())),
        })
    }

    /// Bytes of a blob from `offset`, at most `length`.
    pub fn read(dataset: &str, offset: u64, length: u32) -> Result<Vec<u8>, DatasetError> {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let length = (length as usize).min(MOST_BYTES);
        with(|host| match host.blobs.get(dataset) {
            Some(bytes) => Ok(bytes.iter().skip(offset).take(length).copied().collect()),
            None if host.tables.contains_key(dataset) || host.polygons.contains_key(dataset) => {
                Err(DatasetError::WrongShape(dataset.to_owned()))
            }
            None => Err(DatasetError::NotBound(dataset.to_owned())),
        })
    }
}

/// The applicant of the appeal.
pub(crate) mod applicant {
    use super::with;
    use crate::applicant::Applicant;

    /// The applicant; none unless the test gave one.
    pub fn current() -> Option<Applicant> {
        with(|host| host.applicant.clone())
    }
}
