//! `veche plugin new` and `veche plugin build`.

use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use veche_app::toolchain::building;
use veche_app::toolchain::project::{Language, Project};
use veche_app::toolchain::template::{New, create};
use veche_domain::decision::Kind;

use super::ProjectArgs;

#[derive(Args)]
pub(crate) struct NewArgs {
    /// Name of the plug-in, and of its folder: deadline-router.
    name: String,
    /// What it does.
    #[arg(long, value_parser = kind)]
    kind: Kind,
    /// Language.
    #[arg(long = "lang", default_value = "rust", value_parser = language)]
    language: Language,
    /// Folder to make; the name if missing.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Clone of Veche whose SDK the project uses in place; without it the project gets a copy of its own.
    #[arg(long)]
    sdk: Option<PathBuf>,
}

fn kind(text: &str) -> Result<Kind, String> {
    Kind::from_code(text).ok_or_else(|| "choose categorizer, router, indicators or exporter".into())
}

fn language(text: &str) -> Result<Language, String> {
    Language::from_name(text).ok_or_else(|| "choose rust, js or python".into())
}

pub(crate) fn new(args: &NewArgs) -> anyhow::Result<()> {
    let folder = args.dir.clone().unwrap_or_else(|| PathBuf::from(&args.name));
    let new =
        New { name: &args.name, kind: args.kind, language: args.language, folder: &folder, sdk: args.sdk.as_deref() };
    let written = create(&new)?;
    println!("{}: {} files", folder.display(), written.len());
    for path in written.iter().filter(|path| !path.starts_with("vendor")) {
        println!("  {}", path.display());
    }
    println!("next: cd {} && veche plugin build && veche plugin test", folder.display());
    Ok(())
}

pub(crate) fn build(args: &ProjectArgs) -> anyhow::Result<()> {
    let project = Project::open(&args.folder)?;
    let started = Instant::now();
    let path = building::build(&project)?;
    let size = std::fs::metadata(&path)?.len();
    println!("{}: {size} bytes in {:.1} s", path.display(), started.elapsed().as_secs_f64());
    Ok(())
}
