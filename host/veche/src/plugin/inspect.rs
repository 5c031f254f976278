//! `veche plugin inspect`.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use veche_domain::limits::{LimitsClass, LimitsRequest};

use super::engine;
use crate::{HostArgs, output};

#[derive(Args)]
pub(crate) struct InspectArgs {
    /// Component.
    file: PathBuf,
    /// Class of limits under which it would be bound: `standard` (Rust, C, Zig) or `large` (JavaScript, Python).
    #[arg(long, default_value = "standard", value_parser = crate::class)]
    class: LimitsClass,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(host: &HostArgs, args: &InspectArgs) -> anyhow::Result<()> {
    let (file, class) = (&args.file, args.class);
    let bytes = std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let limits = LimitsRequest { class, ..LimitsRequest::default() }.resolve(&host.ceiling())?;
    let inspection = veche_app::sandbox::inspect(&engine(host, false)?, &bytes, &limits)
        .with_context(|| format!("{}", file.display()))?;
    if args.json {
        let mut shown = serde_json::to_value(&inspection)?;
        if let Some(fields) = shown.as_object_mut() {
            fields.insert("limits_class".into(), serde_json::to_value(class)?);
            fields.insert("limits".into(), serde_json::to_value(&limits)?);
        }
        println!("{}", serde_json::to_string_pretty(&shown)?);
    } else {
        output::inspection(&inspection, class, &limits);
    }
    Ok(())
}
