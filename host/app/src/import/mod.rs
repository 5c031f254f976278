//! STUB
#![allow(missing_docs, dead_code, unused_variables, clippy::todo)]
use std::path::Path;
use veche_domain::{appeal::NewAppeal, dictionary::*};
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct ImportError;
pub struct Table;
#[derive(Clone)] pub struct Row { pub number: u64, pub cells: Vec<String> }
pub struct Reject { pub row: u64, pub column: Option<String>, pub reason: String, pub cells: Vec<String> }
pub struct Labels { pub block: Option<String>, pub category: Option<String>, pub body: Option<String>, pub municipality: Option<String> }
pub struct Labelled { pub appeal: NewAppeal, pub labels: Labels, pub warnings: Vec<String> }
pub fn open_table(p: &Path) -> Result<Table, ImportError> { Err(ImportError) }
impl Table { pub fn headers(&self) -> &[String] { &[] } pub fn progress(&self) -> (u64, Option<u64>) { (0, None) } }
impl Iterator for Table { type Item = Result<Row, Reject>; fn next(&mut self) -> Option<Self::Item> { None } }
pub struct Profile; pub struct Bound;
impl Profile { pub fn named_or_file(_: &str) -> Result<Self, ImportError> { Err(ImportError) } pub fn bind(&self, h: &[String]) -> Result<Bound, ImportError> { Err(ImportError) } }
impl Bound { pub fn read(&self, r: &Row, z: chrono_tz::Tz, d: Option<&Dictionaries>) -> Result<Labelled, Reject> { todo!() } }
pub struct RejectsFile; impl RejectsFile { pub fn create(p: &Path, h: &[String]) -> Result<Self, ImportError> { Err(ImportError) } pub fn write(&mut self, r: &Reject) -> Result<(), ImportError> { Ok(()) } }
pub fn load_region_dir(p: &Path) -> Result<DictionaryData, ImportError> { Err(ImportError) }
pub fn write_region_dir(p: &Path, d: &DictionaryData) -> Result<(), ImportError> { Ok(()) }
