//! Extism: a compiled plug-in, an instance for each call or one for all.

use anyhow::Context as _;
use extism::{CompiledPlugin, Manifest, Plugin, PluginBuilder, Wasm};

use crate::{Task, Times, check, median};

pub(crate) fn measure(task: &Task) -> anyhow::Result<Times> {
    let path = std::env::var("VECHE_EXTISM_GUEST").context("VECHE_EXTISM_GUEST names no component")?;
    let manifest = Manifest::new([Wasm::file(path)]).with_config_key("categories", task.categories.to_string());
    let compiled = CompiledPlugin::new(PluginBuilder::new(manifest).with_wasi(true))?;
    let call = |plugin: &mut Plugin| plugin.call::<&str, String>("route", &task.record);
    check(&call(&mut Plugin::new_from_compiled(&compiled)?)?)?;
    let fresh = median(500, || {
        let mut plugin = Plugin::new_from_compiled(&compiled)?;
        call(&mut plugin).map(drop)
    })?;
    let mut plugin = Plugin::new_from_compiled(&compiled)?;
    let reused = median(5_000, || call(&mut plugin).map(drop))?;
    Ok(Times { name: "Extism", fresh, reused })
}
