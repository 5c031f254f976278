//! What the commands print.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use veche_app::bulk::Imported;
use veche_app::evaluate::{Evaluation, Side};
use veche_app::files::Reject;
use veche_app::sandbox::Inspection;
use veche_domain::diff::Language;
use veche_domain::limits::{LimitKind, Limits, LimitsClass};

pub(crate) fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {percent:>3} %  {msg}  {elapsed}") {
        bar.set_style(style);
    }
    bar
}

pub(crate) fn reject(reject: Option<&Reject>) -> String {
    reject.map_or_else(String::new, |r| {
        let column = r.column.as_ref().map(|c| format!(", column `{c}`")).unwrap_or_default();
        format!("row {}{column}: {}", r.row, r.reason)
    })
}

pub(crate) fn imported(imported: &Imported, time: Duration) {
    let count = imported.count;
    #[allow(clippy::cast_precision_loss)]
    let rate = imported.rows as f64 / time.as_secs_f64().max(0.001);
    println!("{} rows in {:.1} s, {rate:.0} a second", imported.rows, time.as_secs_f64());
    println!(
        "new {}, stored before {}, stored before with other content and kept {}, rejected {}",
        count.new, count.unchanged, count.kept, imported.rejected
    );
    println!("routed by the rules {}, for a person {}", count.assigned, count.manual);
    println!("plug-in calls took {} ms in all", imported.plugins_us / 1_000);
    if imported.warnings > 0 {
        println!("{} remarks on rows that were taken (unknown municipalities and the like)", imported.warnings);
    }
    if let Some(path) = &imported.rejects_file {
        println!("rejected rows with their reasons: {}", path.display());
    }
}

pub(crate) fn evaluation(e: &Evaluation) {
    println!(
        "{} rows in {:.2} s, {:.0} a second; {} could not be read",
        e.rows, e.seconds, e.rows_per_second, e.rejected
    );
    side("category", &e.category);
    side("body", &e.body);
    println!("for a person: {} of {}", e.manual, e.rows);
    println!(
        "plug-in calls {}, faults {}; median {} µs, slowest {} µs, median fuel {}",
        e.calls, e.faults, e.call_us.0, e.call_us.1, e.fuel
    );
}

fn side(name: &str, side: &Side) {
    let (Some(accuracy), Some(coverage)) = (side.accuracy, side.coverage) else {
        return;
    };
    println!("\n{name}: accuracy {accuracy:.4} ({} of {}), coverage {coverage:.4}", side.right, side.labelled);
    let mut worst: Vec<_> = side.by_code.iter().filter(|(_, s)| s.labelled > 0).collect();
    worst.sort_by_key(|(_, s)| std::cmp::Reverse(s.labelled - s.right));
    for (code, score) in worst.iter().take(10).filter(|(_, s)| s.right < s.labelled) {
        println!("  {code:<44} {:>6} of {:<6} right", score.right, score.labelled);
    }
    for confusion in side.confusions.iter().take(10) {
        let answered = if confusion.answered.is_empty() { "nothing" } else { &confusion.answered };
        println!("  {:>6} × {} → {answered}", confusion.count, confusion.labelled);
    }
    if !side.unknown_labels.is_empty() {
        let rows: u64 = side.unknown_labels.values().sum();
        println!("  {} labels ({rows} rows) are not in the dictionaries", side.unknown_labels.len());
    }
    println!();
}

pub(crate) fn inspection(i: &Inspection, class: LimitsClass, limits: &Limits) {
    let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "not given".into());
    println!("{} {}", or(&i.metadata.name), or(&i.metadata.version));
    for title in &i.title {
        println!("  [{}] {}", title.language, title.text);
    }
    println!("digest       {}", i.digest);
    println!("size         {} bytes", i.size);
    println!("contract     veche:plugin {}", i.contract);
    println!("authors      {}", or(&i.metadata.authors));
    println!("licence      {}", or(&i.metadata.licenses));
    println!("kinds        {}", i.kinds.iter().map(|k| k.as_str()).collect::<Vec<_>>().join(", "));
    println!("permissions");
    for permission in &i.permissions {
        println!("  {:<11}{}", permission.as_str(), permission.words(Language::English));
    }
    for stub in &i.stubs {
        println!("  {stub}  a deterministic stub");
    }
    println!("datasets");
    for need in &i.datasets {
        let required = if need.required { "required" } else { "optional" };
        println!("  {:<11}{}, {required}: {}", need.name, need.shape, need.columns.join(", "));
    }
    println!("limits       of the class {class}");
    for kind in LimitKind::ALL {
        println!("  {:<21}{} {}", kind.as_str(), limits.value(*kind), kind.unit());
    }
    println!("settings     {}", serde_json::to_string_pretty(&i.settings_schema).unwrap_or_default());
}
