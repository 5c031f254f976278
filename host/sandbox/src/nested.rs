//! Snapshots a component that is made of components, as some toolchains leave it: an interpreter composed with what
//! stands in for WASI.
//!
//! The snapshotter reads core modules of one component and knows none inside another. So each component that holds core
//! modules, at any depth, is instrumented as if it stood alone, and is put back where it was; the components around it
//! hand its accessors out to the top. Nothing else changes: calls between the parts stay what they were.

use std::collections::BTreeMap;
use std::ops::Range;

use wasm_encoder::{
    Alias, ComponentAliasSection, ComponentExportKind, ComponentExportSection, ComponentSection as _,
    ComponentSectionId, RawSection,
};
use wasmparser::{
    BinaryReader, ComponentAlias, ComponentAliasSectionReader, ComponentExportSectionReader, ComponentExternalKind,
    ComponentImportSectionReader, ComponentInstance, ComponentInstanceSectionReader, ComponentOuterAliasKind,
    ComponentTypeRef,
};
use wasmtime::{Result, bail};
use wasmtime_wizer::{ComponentContext, Wizer};

/// What the snapshotter calls the instance with its accessors.
const ACCESSORS: &str = "wasmtime:wizer/access";
/// Magic number and version before the first section.
const HEADER: usize = 8;

const CORE_MODULE: u8 = 1;
const COMPONENT: u8 = ComponentSectionId::Component as u8;
const INSTANCE: u8 = ComponentSectionId::Instance as u8;
const ALIAS: u8 = ComponentSectionId::Alias as u8;
const IMPORT: u8 = ComponentSectionId::Import as u8;
const EXPORT: u8 = ComponentSectionId::Export as u8;

/// A part of a component that is snapshotted for itself.
pub(crate) struct Part<'a> {
    /// What the snapshotter knows of it.
    pub(crate) context: ComponentContext<'a>,
    /// Under which name the instrumented component hands out its accessors.
    pub(crate) accessors: String,
}

/// Adds accessors of memories and globals to a component: its parts, and the instrumented component.
pub(crate) fn instrument<'a>(wizer: &Wizer, component: &'a [u8]) -> Result<(Vec<Part<'a>>, Vec<u8>)> {
    let mut parts = Vec::new();
    let (instrumented, handed_out) = instrument_into(wizer, component, &mut parts)?;
    for (name, part) in handed_out {
        if let Some(part) = parts.get_mut(part) {
            part.accessors = name;
        }
    }
    Ok((parts, instrumented))
}

/// Puts snapshots of the parts, in their order, in the place of the parts.
pub(crate) fn put_back(component: &[u8], snapshots: &mut impl Iterator<Item = Vec<u8>>) -> Result<Vec<u8>> {
    let sections = sections(component)?;
    if is_part(&sections) {
        return snapshots.next().ok_or_else(|| wasmtime::Error::msg("a part has no snapshot"));
    }
    let mut whole = component.get(..HEADER).unwrap_or_default().to_vec();
    for section in &sections {
        let data = section.data(component);
        if section.id == COMPONENT && holds_modules(data)? {
            let inner = put_back(data, snapshots)?;
            RawSection { id: section.id, data: &inner }.append_to_component(&mut whole);
        } else {
            RawSection { id: section.id, data }.append_to_component(&mut whole);
        }
    }
    Ok(whole)
}

/// Exported accessors by the name under which they are handed out, with the number of their part.
type HandedOut = Vec<(String, usize)>;

fn instrument_into<'a>(wizer: &Wizer, component: &'a [u8], parts: &mut Vec<Part<'a>>) -> Result<(Vec<u8>, HandedOut)> {
    let sections = sections(component)?;
    // A component without core modules at any depth has nothing to snapshot; the snapshotter says so itself.
    if is_part(&sections) || !holds_modules(component)? {
        let (context, instrumented) = wizer.instrument_component(component)?;
        parts.push(Part { context, accessors: ACCESSORS.to_owned() });
        return Ok((instrumented, vec![(ACCESSORS.to_owned(), parts.len() - 1)]));
    }
    let mut whole = component.get(..HEADER).unwrap_or_default().to_vec();
    let mut spaces = Spaces::default();
    let mut inner = Vec::new();
    for section in &sections {
        let data = section.data(component);
        if section.id == COMPONENT && holds_modules(data)? {
            let (instrumented, handed_out) = instrument_into(wizer, data, parts)?;
            inner.push((spaces.components, handed_out));
            RawSection { id: section.id, data: &instrumented }.append_to_component(&mut whole);
        } else {
            RawSection { id: section.id, data }.append_to_component(&mut whole);
        }
        spaces.count(section.id, data)?;
    }
    let (mut aliases, mut exports, mut handed_out) =
        (ComponentAliasSection::new(), ComponentExportSection::new(), vec![]);
    for (child, accessors) in inner {
        let instance = spaces.only_instance_of(child)?;
        for (name, part) in accessors {
            let kind = ComponentExportKind::Instance;
            aliases.alias(Alias::InstanceExport { instance, kind, name: &name });
            let outward = format!("snapshot-of-part-{part}");
            exports.export(outward.as_str(), kind, spaces.instances, None);
            spaces.instances += 1;
            handed_out.push((outward, part));
        }
    }
    aliases.append_to_component(&mut whole);
    exports.append_to_component(&mut whole);
    Ok((whole, handed_out))
}

/// What a component has so far, as its indices count it.
#[derive(Default)]
struct Spaces {
    components: u32,
    instances: u32,
    /// Instances of each component by its index.
    instantiated: BTreeMap<u32, Vec<u32>>,
}

impl Spaces {
    fn count(&mut self, id: u8, data: &[u8]) -> Result<()> {
        let reader = BinaryReader::new(data, 0);
        match id {
            COMPONENT => self.components += 1,
            INSTANCE => {
                for instance in ComponentInstanceSectionReader::new(reader)? {
                    if let ComponentInstance::Instantiate { component_index, .. } = instance? {
                        self.instantiated.entry(component_index).or_default().push(self.instances);
                    }
                    self.instances += 1;
                }
            }
            ALIAS => {
                for alias in ComponentAliasSectionReader::new(reader)? {
                    match alias? {
                        ComponentAlias::InstanceExport { kind, .. } => self.add(kind),
                        ComponentAlias::Outer { kind: ComponentOuterAliasKind::Component, .. } => self.components += 1,
                        _ => {}
                    }
                }
            }
            IMPORT => {
                for import in ComponentImportSectionReader::new(reader)? {
                    match import?.ty {
                        ComponentTypeRef::Instance(_) => self.instances += 1,
                        ComponentTypeRef::Component(_) => self.components += 1,
                        _ => {}
                    }
                }
            }
            EXPORT => {
                for export in ComponentExportSectionReader::new(reader)? {
                    self.add(export?.kind);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn add(&mut self, kind: ComponentExternalKind) {
        match kind {
            ComponentExternalKind::Instance => self.instances += 1,
            ComponentExternalKind::Component => self.components += 1,
            _ => {}
        }
    }

    /// The instance of a component. There is one memory to read, so there must be one.
    fn only_instance_of(&self, component: u32) -> Result<u32> {
        match self.instantiated.get(&component).map(Vec::as_slice) {
            Some([one]) => Ok(*one),
            other => bail!(
                "a component inside it is instantiated {} times, and must be once: build it as one component",
                other.unwrap_or_default().len()
            ),
        }
    }
}

/// A section, by its place in the component.
struct Section {
    id: u8,
    range: Range<usize>,
}

impl Section {
    fn data<'a>(&self, component: &'a [u8]) -> &'a [u8] {
        component.get(self.range.clone()).unwrap_or_default()
    }
}

fn sections(component: &[u8]) -> Result<Vec<Section>> {
    let mut reader = BinaryReader::new(component.get(HEADER..).unwrap_or_default(), HEADER);
    let mut sections = Vec::new();
    while !reader.eof() {
        let id = reader.read_u8()?;
        let size = usize::try_from(reader.read_var_u32()?)?;
        let start = reader.original_position();
        reader.read_bytes(size)?;
        sections.push(Section { id, range: start..start + size });
    }
    Ok(sections)
}

/// Whether it has core modules of its own.
fn is_part(sections: &[Section]) -> bool {
    sections.iter().any(|section| section.id == CORE_MODULE)
}

/// Whether it or a component inside it has core modules. The depth was bounded when it was taken in.
fn holds_modules(component: &[u8]) -> Result<bool> {
    let sections = sections(component)?;
    if is_part(&sections) {
        return Ok(true);
    }
    for section in sections.iter().filter(|section| section.id == COMPONENT) {
        if holds_modules(section.data(component))? {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// A counter inside a component, and another one beside it.
    const COMPOSED: &str = r#"(component
        (component $counter
            (core module $m (memory (export "memory") 1) (func (export "bump") (result i32)
                (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
                (i32.load (i32.const 0))))
            (core instance $i (instantiate $m))
            (func (export "bump") (result u32) (canon lift (core func $i "bump"))))
        (component $idle
            (core module $m (memory (export "memory") 1))
            (core instance (instantiate $m)))
        (instance $one (instantiate $counter))
        (instance (instantiate $idle))
        (func (export "bump") (alias export $one "bump")))"#;

    #[test]
    fn parts_are_instrumented_where_they_stand_and_put_back() {
        let component = wat::parse_str(COMPOSED).unwrap();
        let (parts, instrumented) = instrument(&Wizer::new(), &component).unwrap();
        let names: Vec<&str> = parts.iter().map(|part| part.accessors.as_str()).collect();
        assert_eq!(names, ["snapshot-of-part-0", "snapshot-of-part-1"]);
        let validated = wasmparser::Validator::new().validate_all(&instrumented);
        assert!(validated.is_ok(), "{:?}", validated.err());

        // The parts themselves in the place of snapshots give back the component.
        let all = sections(&component).unwrap();
        let inner: Vec<Vec<u8>> =
            all.iter().filter(|section| section.id == COMPONENT).map(|s| s.data(&component).to_vec()).collect();
        assert_eq!(put_back(&component, &mut inner.into_iter()).unwrap(), component);
    }

    #[test]
    fn a_part_that_is_instantiated_twice_is_refused() {
        let twice = COMPOSED.replace("(instance $one", "(instance (instantiate $counter)) (instance $one");
        let component = wat::parse_str(twice).unwrap();
        let refused = instrument(&Wizer::new(), &component).err().unwrap();
        assert!(refused.to_string().contains("instantiated 2 times"), "{refused}");
    }

    #[test]
    fn one_component_is_its_own_part() {
        let plain = r#"(component (core module $m (memory 1)) (core instance (instantiate $m)))"#;
        let component = wat::parse_str(plain).unwrap();
        let (parts, _) = instrument(&Wizer::new(), &component).unwrap();
        assert_eq!(parts.first().unwrap().accessors, ACCESSORS);
        assert_eq!(put_back(&component, &mut std::iter::once(vec![1])).unwrap(), [1]);
    }
}
