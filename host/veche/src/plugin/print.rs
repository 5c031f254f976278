//! What the author sees of a call.

use console::style;
use veche_app::sandbox::LogLine;
use veche_app::toolchain::difference::{Line, changes};
use veche_app::toolchain::expect::Expect;
use veche_app::toolchain::workbench::{Ran, Usage};
use veche_domain::limits::{LimitKind, Limits};

/// Amounts as people read them.
pub(crate) fn amount(kind: LimitKind, value: u64) -> String {
    match kind.unit() {
        "bytes" => bytes(value),
        unit => format!("{} {unit}", grouped(value)),
    }
}

pub(crate) fn bytes(value: u64) -> String {
    #[allow(clippy::cast_precision_loss)] // Sizes, to be read by people.
    let (amount, mib) = (value as f64, (1_u64 << 20) as f64);
    if value >= 1 << 20 {
        format!("{:.1} MiB", amount / mib)
    } else if value >= 1 << 10 {
        format!("{:.1} KiB", amount / 1024.0)
    } else {
        format!("{value} bytes")
    }
}

/// 1234567 as 1,234,567.
pub(crate) fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What a call used, against its limits.
pub(crate) fn usage(usage: &Usage, limits: &Limits) {
    let share = |used: u64, kind: LimitKind| {
        let allowed = limits.value(kind);
        #[allow(clippy::cast_precision_loss)]
        let percent = 100.0 * used as f64 / allowed.max(1) as f64;
        format!("{percent:.1} % of {}", amount(kind, allowed))
    };
    println!("fuel       {} units, {}", grouped(usage.fuel), share(usage.fuel, LimitKind::Fuel));
    println!("time       {} µs", grouped(u64::try_from(usage.duration.as_micros()).unwrap_or(u64::MAX)));
    println!("memory     {}, {}", bytes(usage.memory), share(usage.memory, LimitKind::Memory));
    println!("host calls {}, {}", usage.host_calls, share(usage.host_calls, LimitKind::HostCalls));
}

pub(crate) fn logs(logs: &[LogLine], cut: u32) {
    for line in logs {
        println!("log {}: {}", line.level, line.message);
    }
    if cut > 0 {
        println!("log lines left out or cut: {cut}");
    }
}

/// The difference between what was expected and what came, line by line; red is expected, green came.
pub(crate) fn difference(wanted: &str, got: &str) -> String {
    let mut text = String::new();
    for line in changes(wanted, got) {
        let shown = match line {
            Line::Same(line) => format!("      {line}"),
            Line::Wanted(line) => style(format!("    - {line}")).red().to_string(),
            Line::Got(line) => style(format!("    + {line}")).green().to_string(),
        };
        text.push_str(&shown);
        text.push('\n');
    }
    text
}

/// A whole answer with what it cost.
pub(crate) fn ran(ran: &Ran) {
    match &ran.trouble {
        Some(trouble) => println!("{trouble}"),
        None => print!("{}", Expect { logs: None, ..ran.got.clone() }.outline()),
    }
    if ran.trouble.is_none() {
        logs(&ran.logs, ran.logs_cut);
    }
    if let Some(used) = &ran.usage {
        println!();
        usage(used, &ran.limits);
    }
}
