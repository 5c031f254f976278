//! `cargo xtask docs`: writes `docs/contract.md`, the reference of the contract, from the WIT. A test holds it fresh.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, ensure};
use wit_parser::{Docs, Function, FunctionKind, Handle, InterfaceId, Resolve, Type, TypeDef, TypeDefKind, WorldItem};

/// Where it goes.
const PAGE: &str = "docs/contract.md";
/// Interfaces in the order of reading, with what they are to a plug-in.
const PARTS: [(&str, &str); 13] = [
    ("plugin", "every plug-in exports it"),
    ("categorizer", "a plug-in exports it to categorise"),
    ("router", "a plug-in exports it to route"),
    ("indicators", "a plug-in exports it to measure"),
    ("facts", "handed to `indicators`"),
    ("exporter", "a plug-in exports it to write files"),
    ("streams", "handed to `exporter`"),
    ("log", "a plug-in imports it"),
    ("directory", "a plug-in imports it"),
    ("calendar", "a plug-in imports it"),
    ("datasets", "a plug-in imports it"),
    ("applicant", "a plug-in imports it"),
    ("types", "shared by all"),
];

/// Writes the page, or compares it.
///
/// # Errors
/// A page that is not fresh, with `check`; a WIT that cannot be read.
pub(crate) fn run(root: &Path, check: bool) -> anyhow::Result<()> {
    let path = root.join(PAGE);
    let page = page(&root.join("wit"))?;
    if check {
        let written = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        ensure!(written == page, "{PAGE} is not what the WIT says: run `cargo xtask docs`");
        return Ok(());
    }
    std::fs::write(&path, page).with_context(|| format!("cannot write {}", path.display()))?;
    println!("{}", path.display());
    Ok(())
}

fn page(wit: &Path) -> anyhow::Result<String> {
    let (resolve, package, version) = crate::wit::parse(wit)?;
    let package = resolve.packages.get(package).context("the package is not there")?;
    let mut text = format!(
        "# The contract, `veche:plugin@{version}`\n\n\
         Made of [`wit/`](../wit) by `cargo xtask docs`; change the WIT, not this page. [plugin-guide.md](plugin-guide.md) \
         tells how to use it.\n\n"
    );
    let known: Vec<&str> = PARTS.iter().map(|(name, _)| *name).collect();
    for name in package.interfaces.keys() {
        ensure!(
            known.contains(&name.as_str()),
            "interface `{name}` has no place in {PAGE}: add it to xtask/src/docs.rs"
        );
    }
    let _ = writeln!(text, "| interface | |\n|---|---|");
    for (name, role) in PARTS {
        let id = *package.interfaces.get(name).with_context(|| format!("there is no interface `{name}`"))?;
        let docs = docs(&interface(&resolve, id)?.docs);
        let first = docs.split_inclusive(". ").next().unwrap_or_default().trim().replace('\n', " ");
        let _ = writeln!(text, "| [`{name}`](#{name}) | {role}. {first} |");
    }
    for (name, role) in PARTS {
        let Some(id) = package.interfaces.get(name) else { continue };
        one(&resolve, *id, name, role, &mut text)?;
    }
    worlds(&resolve, package, &mut text);
    Ok(text)
}

fn interface(resolve: &Resolve, id: InterfaceId) -> anyhow::Result<&wit_parser::Interface> {
    resolve.interfaces.get(id).context("the interface is not there")
}

fn docs(docs: &Docs) -> String {
    docs.contents.as_deref().unwrap_or_default().trim().to_owned()
}

/// Documentation in a cell of a table.
fn cell(text: &Docs) -> String {
    docs(text).replace('\n', " ").replace('|', "\\|")
}

fn one(resolve: &Resolve, id: InterfaceId, name: &str, role: &str, text: &mut String) -> anyhow::Result<()> {
    let interface = interface(resolve, id)?;
    let _ = writeln!(text, "\n## {name}\n\n*{role}.* {}", docs(&interface.docs));
    let methods = |function: &&Function| matches!(function.kind, FunctionKind::Method(_));
    for function in interface.functions.values().filter(|function| !methods(function)) {
        let _ = writeln!(
            text,
            "\n### `{}`\n\n```wit\n{}\n```\n\n{}",
            function.name,
            signature(resolve, function),
            docs(&function.docs)
        );
    }
    for (name, id) in &interface.types {
        let Some(definition) = resolve.types.get(*id) else { continue };
        // What is used from another interface is described there.
        if let TypeDefKind::Type(Type::Id(_)) = definition.kind {
            continue;
        }
        type_of(resolve, name, definition, text);
        if matches!(definition.kind, TypeDefKind::Resource) {
            let _ = writeln!(text, "\n| method | |\n|---|---|");
            for function in interface.functions.values().filter(methods) {
                if function.kind == FunctionKind::Method(*id) {
                    let _ = writeln!(text, "| `{}` | {} |", signature(resolve, function), cell(&function.docs));
                }
            }
        }
    }
    Ok(())
}

fn type_of(resolve: &Resolve, name: &str, definition: &TypeDef, text: &mut String) {
    let _ = writeln!(text, "\n### {} `{name}`\n\n{}", definition.kind.as_str(), docs(&definition.docs));
    match &definition.kind {
        TypeDefKind::Record(record) => {
            let _ = writeln!(text, "\n| field | type | |\n|---|---|---|");
            for field in &record.fields {
                let ty = type_name(resolve, &field.ty);
                let _ = writeln!(text, "| `{}` | `{ty}` | {} |", field.name, cell(&field.docs));
            }
        }
        TypeDefKind::Variant(variant) => {
            let _ = writeln!(text, "\n| case | holds | |\n|---|---|---|");
            for case in &variant.cases {
                let ty = case.ty.as_ref().map(|ty| format!("`{}`", type_name(resolve, ty))).unwrap_or_default();
                let _ = writeln!(text, "| `{}` | {ty} | {} |", case.name, cell(&case.docs));
            }
        }
        TypeDefKind::Enum(list) => {
            let _ = writeln!(text, "\n| case | |\n|---|---|");
            for case in &list.cases {
                let _ = writeln!(text, "| `{}` | {} |", case.name, cell(&case.docs));
            }
        }
        TypeDefKind::Type(ty) => {
            let _ = writeln!(text, "\n`type {name} = {}`", type_name(resolve, ty));
        }
        _ => {}
    }
}

fn signature(resolve: &Resolve, function: &Function) -> String {
    let own = matches!(function.kind, FunctionKind::Method(_));
    let parameters = function.params.iter().skip(usize::from(own));
    let parameters: Vec<_> = parameters.map(|p| format!("{}: {}", p.name, type_name(resolve, &p.ty))).collect();
    let result = function.result.as_ref().map(|ty| format!(" -> {}", type_name(resolve, ty))).unwrap_or_default();
    let name = function.name.rsplit('.').next().unwrap_or_default();
    format!("{name}: func({}){result}", parameters.join(", "))
}

fn type_name(resolve: &Resolve, ty: &Type) -> String {
    let Type::Id(id) = ty else { return primitive(ty).to_owned() };
    let Some(definition) = resolve.types.get(*id) else { return String::new() };
    if let Some(name) = &definition.name {
        return name.clone();
    }
    let of = |ty: &Type| type_name(resolve, ty);
    let optional = |ty: &Option<Type>| ty.as_ref().map_or_else(|| "_".to_owned(), of);
    match &definition.kind {
        TypeDefKind::Option(ty) => format!("option<{}>", of(ty)),
        TypeDefKind::List(ty) => format!("list<{}>", of(ty)),
        TypeDefKind::Tuple(tuple) => format!("tuple<{}>", tuple.types.iter().map(of).collect::<Vec<_>>().join(", ")),
        TypeDefKind::Result(result) => format!("result<{}, {}>", optional(&result.ok), optional(&result.err)),
        TypeDefKind::Handle(Handle::Borrow(id)) => format!("borrow<{}>", of(&Type::Id(*id))),
        TypeDefKind::Handle(Handle::Own(id)) => of(&Type::Id(*id)),
        TypeDefKind::Type(ty) => of(ty),
        other => other.as_str().to_owned(),
    }
}

fn primitive(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "bool",
        Type::U8 => "u8",
        Type::U16 => "u16",
        Type::U32 => "u32",
        Type::U64 => "u64",
        Type::S8 => "s8",
        Type::S16 => "s16",
        Type::S32 => "s32",
        Type::S64 => "s64",
        Type::F32 => "f32",
        Type::F64 => "f64",
        Type::Char => "char",
        Type::String => "string",
        Type::ErrorContext => "error-context",
        Type::Id(_) => "",
    }
}

fn worlds(resolve: &Resolve, package: &wit_parser::Package, text: &mut String) {
    let _ = writeln!(text, "\n## Worlds\n\n| world | exports | |\n|---|---|---|");
    for (name, id) in &package.worlds {
        let Some(world) = resolve.worlds.get(*id) else { continue };
        let name_of = |item: &WorldItem| match item {
            WorldItem::Interface { id, .. } => resolve.interfaces.get(*id).and_then(|interface| interface.name.clone()),
            _ => None,
        };
        let exports: Vec<_> = world.exports.values().filter_map(name_of).map(|name| format!("`{name}`")).collect();
        let _ = writeln!(text, "| `{name}` | {} | {} |", exports.join(", "), cell(&world.docs));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_is_what_the_wit_says() {
        run(&crate::root(), true).unwrap();
    }

    #[test]
    fn the_reference_names_every_function_and_field() {
        let page = page(&crate::root().join("wit")).unwrap();
        for part in [
            "categorize: func(appeal: appeal, context: context) -> result<categorization, failure>",
            "| `confidence` | `f32` |",
            "| `candidates` | `list<candidate>` |",
            "measure: func(indicator: string, period: period, facts: borrow<fact-stream>)",
            "| `next: func() -> option<batch>` |",
            "| `router-plugin` | `plugin`, `router` |",
        ] {
            assert!(page.contains(part), "{part}");
        }
    }
}
