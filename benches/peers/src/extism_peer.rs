//! Extism: a compiled plug-in, an instance for each call or one for all.

use anyhow::Context as _;
use extism::{CompiledPlugin, Manifest, Plugin, PluginBuilder, Wasm};

use crate::{Calls, Task};

pub(crate) fn calls(task: &Task) -> anyhow::Result<Calls<'_>> {
    let path = std::env::var("VECHE_EXTISM_GUEST").context("VECHE_EXTISM_GUEST names no component")?;
    let manifest =
        Manifest::new([Wasm::data(std::fs::read(path)?)]).with_config_key("categories", task.categories.to_string());
    let compiled = CompiledPlugin::new(PluginBuilder::new(manifest).with_wasi(true))?;
    let call = |plugin: &mut Plugin| plugin.call::<&str, String>("route", &task.record);
    let mut plugin = Plugin::new_from_compiled(&compiled)?;
    Ok(Calls {
        fresh: Box::new(move || call(&mut Plugin::new_from_compiled(&compiled)?)),
        reused: Box::new(move || call(&mut plugin)),
    })
}
