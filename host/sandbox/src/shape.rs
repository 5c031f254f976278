//! What a component is made of, counted while it is parsed whole and before anything is compiled.
//!
//! A component may instantiate a nested one any number of times, and that one others again: what is small on disk
//! can unfold without end. So instances, memories and tables are counted as the compiler would unfold them.

use veche_domain::limits::{LimitExceeded, LimitKind, Limits};
use wasmparser::{
    ComponentAlias, ComponentExternalKind, ComponentInstance, ComponentOuterAliasKind, ComponentTypeRef, Encoding,
    Instance, Parser, Payload, Validator, WasmFeatures,
};

use crate::error::SandboxError;
use crate::state::check;

/// Parses and validates a component whole, and holds its structure against the limits.
///
/// # Errors
/// [`SandboxError::Limit`] for a structure over a limit, [`SandboxError::NotWasm`] for one that is not valid,
/// [`SandboxError::NotSelfContained`] for one that instantiates what it is handed from outside.
pub(crate) fn check_structure(bytes: &[u8], limits: &Limits) -> Result<(), SandboxError> {
    // Counting comes first: a validator spends its time on what is counted here.
    let whole = Counter::new(limits).count(bytes)?;
    for (which, used) in [
        (LimitKind::Instances, whole.instances),
        (LimitKind::Memories, whole.memories),
        (LimitKind::Memory, whole.memory),
        (LimitKind::Tables, whole.tables),
        (LimitKind::TableElements, whole.table_elements),
    ] {
        check(which, used, limits.value(which))?;
    }
    Validator::new_with_features(WasmFeatures::all()).validate_all(bytes)?;
    Ok(())
}

impl From<wasmparser::BinaryReaderError> for SandboxError {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        Self::NotWasm { reason: error.to_string() }
    }
}

impl From<LimitExceeded> for SandboxError {
    fn from(exceeded: LimitExceeded) -> Self {
        Self::Limit(exceeded)
    }
}

/// What one instantiation unfolds to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Unfolded {
    instances: u64,
    memories: u64,
    memory: u64,
    tables: u64,
    table_elements: u64,
}

impl Unfolded {
    fn add(&mut self, other: Self) {
        self.instances = self.instances.saturating_add(other.instances);
        self.memories = self.memories.saturating_add(other.memories);
        self.memory = self.memory.saturating_add(other.memory);
        self.tables = self.tables.saturating_add(other.tables);
        self.table_elements = self.table_elements.saturating_add(other.table_elements);
    }
}

/// A component or module that is being read, with the index spaces that instantiations refer to. None stands for
/// what comes from outside, of which nothing is known.
#[derive(Default)]
struct Level {
    is_component: bool,
    whole: Unfolded,
    modules: Vec<Option<Unfolded>>,
    components: Vec<Option<Unfolded>>,
}

struct Counter<'a> {
    limits: &'a Limits,
    levels: Vec<Level>,
    whole: Unfolded,
    modules: u64,
    functions: u64,
    types: u64,
    imports: u64,
    exports: u64,
}

impl<'a> Counter<'a> {
    fn new(limits: &'a Limits) -> Self {
        let whole = Unfolded::default();
        Self { limits, levels: Vec::new(), whole, modules: 0, functions: 0, types: 0, imports: 0, exports: 0 }
    }

    fn count(mut self, bytes: &[u8]) -> Result<Unfolded, SandboxError> {
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::Version { encoding, .. } => self.open(encoding == Encoding::Component)?,
                Payload::End(_) => self.close(),
                payload => {
                    self.count_section(&payload)?;
                    self.unfold_section(payload)?;
                }
            }
        }
        Ok(self.whole)
    }

    fn open(&mut self, is_component: bool) -> Result<(), SandboxError> {
        if !is_component {
            self.modules += 1;
            check(LimitKind::Modules, self.modules, self.limits.modules)?;
        }
        self.levels.push(Level { is_component, ..Level::default() });
        let depth = self.levels.iter().filter(|level| level.is_component).count();
        Ok(check(LimitKind::Depth, depth as u64, self.limits.depth)?)
    }

    fn close(&mut self) {
        let Some(mut level) = self.levels.pop() else { return };
        if !level.is_component {
            level.whole.instances = 1;
        }
        match self.levels.last_mut() {
            Some(parent) if level.is_component => parent.components.push(Some(level.whole)),
            Some(parent) => parent.modules.push(Some(level.whole)),
            None => self.whole = level.whole,
        }
    }

    /// Counts that hold for all modules and components together.
    fn count_section(&mut self, payload: &Payload<'_>) -> Result<(), SandboxError> {
        let (which, sum, more) = match payload {
            Payload::FunctionSection(section) => (LimitKind::Functions, &mut self.functions, section.count()),
            Payload::TypeSection(section) => (LimitKind::Types, &mut self.types, section.count()),
            Payload::CoreTypeSection(section) => (LimitKind::Types, &mut self.types, section.count()),
            Payload::ComponentTypeSection(section) => (LimitKind::Types, &mut self.types, section.count()),
            Payload::ImportSection(section) => (LimitKind::Imports, &mut self.imports, section.count()),
            Payload::ComponentImportSection(section) => (LimitKind::Imports, &mut self.imports, section.count()),
            Payload::ExportSection(section) => (LimitKind::Exports, &mut self.exports, section.count()),
            Payload::ComponentExportSection(section) => (LimitKind::Exports, &mut self.exports, section.count()),
            Payload::CodeSectionEntry(body) => {
                let size = body.range().len() as u64;
                return Ok(check(LimitKind::FunctionSize, size, self.limits.function_size)?);
            }
            _ => return Ok(()),
        };
        *sum = sum.saturating_add(u64::from(more));
        Ok(check(which, *sum, self.limits.value(which))?)
    }

    /// What the innermost component or module instantiates and declares.
    fn unfold_section(&mut self, payload: Payload<'_>) -> Result<(), SandboxError> {
        match payload {
            Payload::MemorySection(section) => {
                for memory in section {
                    let memory = memory?;
                    let page = 1_u64.checked_shl(memory.page_size_log2.unwrap_or(16)).unwrap_or(u64::MAX);
                    let memory = memory.initial.saturating_mul(page);
                    self.add(Unfolded { memories: 1, memory, ..Unfolded::default() });
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    let table_elements = table?.ty.initial;
                    self.add(Unfolded { tables: 1, table_elements, ..Unfolded::default() });
                }
            }
            Payload::InstanceSection(section) => {
                for instance in section {
                    if let Instance::Instantiate { module_index, .. } = instance? {
                        let module = self.known(0, Space::Modules, module_index)?;
                        self.add(module.ok_or(SandboxError::NotSelfContained)?);
                    }
                }
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section {
                    if let ComponentInstance::Instantiate { component_index, .. } = instance? {
                        let component = self.known(0, Space::Components, component_index)?;
                        self.add(component.ok_or(SandboxError::NotSelfContained)?);
                    }
                }
            }
            Payload::ComponentImportSection(section) => {
                for import in section {
                    match import?.ty {
                        ComponentTypeRef::Module(_) => self.name(Space::Modules, None),
                        ComponentTypeRef::Component(_) => self.name(Space::Components, None),
                        _ => {}
                    }
                }
            }
            Payload::ComponentAliasSection(section) => {
                for alias in section {
                    self.alias(&alias?)?;
                }
            }
            // An export gives the exported thing one more index.
            Payload::ComponentExportSection(section) => {
                for export in section {
                    let export = export?;
                    if let Some(space) = Space::of(export.kind) {
                        let known = self.known(0, space, export.index)?;
                        self.name(space, known);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn alias(&mut self, alias: &ComponentAlias<'_>) -> Result<(), SandboxError> {
        match alias {
            ComponentAlias::InstanceExport { kind, .. } => {
                if let Some(space) = Space::of(*kind) {
                    self.name(space, None);
                }
            }
            ComponentAlias::Outer { kind, count, index } => {
                let space = match kind {
                    ComponentOuterAliasKind::CoreModule => Space::Modules,
                    ComponentOuterAliasKind::Component => Space::Components,
                    ComponentOuterAliasKind::CoreType | ComponentOuterAliasKind::Type => return Ok(()),
                };
                let known = self.known(*count, space, *index)?;
                self.name(space, known);
            }
            ComponentAlias::CoreInstanceExport { .. } => {}
        }
        Ok(())
    }

    fn add(&mut self, more: Unfolded) {
        if let Some(level) = self.levels.last_mut() {
            level.whole.add(more);
        }
    }

    fn name(&mut self, space: Space, known: Option<Unfolded>) {
        if let Some(level) = self.levels.last_mut() {
            match space {
                Space::Modules => level.modules.push(known),
                Space::Components => level.components.push(known),
            }
        }
    }

    /// What an index means, `outwards` components out of the innermost one.
    fn known(&self, outwards: u32, space: Space, index: u32) -> Result<Option<Unfolded>, SandboxError> {
        let at = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        let level = self.levels.iter().rev().nth(at(outwards));
        let indices = level.map(|level| match space {
            Space::Modules => &level.modules,
            Space::Components => &level.components,
        });
        let missing = || SandboxError::NotWasm { reason: format!("index {index} of a module or component is unknown") };
        indices.and_then(|indices| indices.get(at(index))).copied().ok_or_else(missing)
    }
}

/// Index spaces of what can be instantiated.
#[derive(Clone, Copy)]
enum Space {
    Modules,
    Components,
}

impl Space {
    fn of(kind: ComponentExternalKind) -> Option<Self> {
        match kind {
            ComponentExternalKind::Module => Some(Self::Modules),
            ComponentExternalKind::Component => Some(Self::Components),
            _ => None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn check_wat(wat: &str, limits: &Limits) -> Result<(), SandboxError> {
        check_structure(&wat::parse_str(wat).unwrap(), limits)
    }

    fn hit(wat: &str, limits: &Limits) -> (LimitKind, u64) {
        match check_wat(wat, limits) {
            Err(SandboxError::Limit(exceeded)) => (exceeded.which, exceeded.used),
            other => unreachable!("{other:?} for {wat}"),
        }
    }

    /// A component in which each level instantiates the one inside twice.
    fn doubling(levels: u32) -> String {
        (0..levels).fold("(core module $m) (core instance (instantiate $m))".to_owned(), |inner, n| {
            format!("(component $c{n} {inner}) (instance (instantiate $c{n})) (instance (instantiate $c{n}))")
        })
    }

    #[test]
    fn nested_instances_are_counted_as_they_unfold() {
        let limits = Limits { depth: 64, ..Limits::default() };
        assert!(check_wat(&format!("(component {})", doubling(5)), &limits).is_ok());
        assert_eq!(hit(&format!("(component {})", doubling(20)), &limits), (LimitKind::Instances, 1 << 20));
        let shallow = Limits { depth: 3, ..Limits::default() };
        assert_eq!(hit(&format!("(component {})", doubling(3)), &shallow), (LimitKind::Depth, 4));
    }

    #[test]
    fn each_count_has_its_limit() {
        let limits = Limits {
            modules: 2,
            functions: 2,
            function_size: 10,
            types: 3,
            imports: 1,
            exports: 1,
            memories: 1,
            memory: 1 << 16,
            tables: 1,
            table_elements: 10,
            ..Limits::default()
        };
        let module = |body: &str| format!("(component (core module $m {body}) (core instance (instantiate $m)))");
        assert!(check_wat(&module("(memory 1) (table 10 funcref) (func) (func)"), &limits).is_ok());
        let cases = [
            ("(component (core module) (core module) (core module))".to_owned(), LimitKind::Modules, 3),
            (module("(func) (func) (func)"), LimitKind::Functions, 3),
            (module(&format!("(func {})", "nop ".repeat(20))), LimitKind::FunctionSize, 22),
            (module("(type (func)) (type (func)) (type (func)) (type (func))"), LimitKind::Types, 4),
            (module("(import \"a\" \"b\" (func)) (import \"a\" \"c\" (func))"), LimitKind::Imports, 2),
            (module("(func (export \"a\") (export \"b\"))"), LimitKind::Exports, 2),
            (module("(memory 0) (memory 0)"), LimitKind::Memories, 2),
            (module("(memory 2)"), LimitKind::Memory, 2 << 16),
            (module("(table 1 funcref) (table 1 funcref)"), LimitKind::Tables, 2),
            (module("(table 11 funcref)"), LimitKind::TableElements, 11),
        ];
        for (wat, which, used) in cases {
            assert_eq!(hit(&wat, &limits), (which, used), "{wat}");
        }
    }

    #[test]
    fn what_comes_from_outside_is_not_instantiated() {
        let wat = "(component (import \"m\" (core module $m)) (core instance (instantiate $m)))";
        assert!(matches!(check_wat(wat, &Limits::default()), Err(SandboxError::NotSelfContained)));
    }
}
