//! `docs/roles.md`, written from the table and the routes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use veche_domain::access::{APART, Action, Role, TABLE};

use crate::api::ACTION;

/// The page: roles, actions with who may do them and where, routes, and what is kept apart.
#[must_use]
pub fn roles_page() -> String {
    let mut page = String::from(
        "# Roles\n\nWritten by `veche roles`; the source is `host/domain/src/access.rs`. What is not allowed here is refused.\n\n\
         A grant is a role in a region, `operator@yaroslavl`, and may be narrowed to blocks where the table says *blocks*:\n\
         `operator@yaroslavl/housing,roads`. A block lead must name blocks. `auditor@*` and `intake@*` hold in every region,\n\
         `host_administrator` is the whole host's; *host* is for these alone. In a region where somebody holds nothing, everything is unknown (404).\n\n",
    );
    let _ = writeln!(page, "| role | |\n|---|---|");
    for (_, code, name) in Role::ALL {
        let _ = writeln!(page, "| `{code}` | {name} |");
    }
    let _ = write!(page, "\n## Who may do what\n\n| action |");
    for (_, code, _) in Role::ALL {
        let _ = write!(page, " {} |", code.replace('_', " "));
    }
    let _ = writeln!(page, "\n|---|{}", "---|".repeat(Role::ALL.len()));
    for rule in &TABLE {
        let _ = write!(page, "| {} |", rule.words);
        for (role, ..) in Role::ALL {
            let _ = write!(page, " {} |", rule.cell(role).unwrap_or("–"));
        }
        page.push('\n');
    }
    page.push_str("\n## Kept apart\n\nNobody holds both roles in one region:\n\n");
    for (a, b) in APART {
        let _ = writeln!(page, "- `{}` and `{}`", a.as_str(), b.as_str());
    }
    page.push_str(
        "\nNobody changes their own roles. An administrator of a region gives the roles of that region, except those that\n\
         oversee administrators (curator, auditor, administrator): the host's administrator gives them.\n\n## Routes\n\n",
    );
    let _ = writeln!(page, "| route | action |\n|---|---|");
    for (route, action) in routes() {
        let _ = writeln!(page, "| `{route}` | `{action}` |");
    }
    page.push_str("\n## Pages\n\n| page | action |\n|---|---|\n");
    let pages: BTreeMap<String, &str> = crate::pages::page_routes()
        .into_iter()
        .map(|(path, method, action)| (format!("{path} {method}"), action.map_or("public", Action::code)))
        .collect();
    for (route, action) in pages {
        let _ = writeln!(page, "| `{route}` | `{action}` |");
    }
    page
}

fn routes() -> BTreeMap<String, String> {
    let description = serde_json::to_value(crate::openapi()).unwrap_or_default();
    let mut routes = BTreeMap::new();
    for (path, item) in description.get("paths").and_then(serde_json::Value::as_object).into_iter().flatten() {
        for (method, operation) in item.as_object().into_iter().flatten() {
            if let Some(action) = operation.get(ACTION).and_then(serde_json::Value::as_str) {
                routes.insert(format!("{path} {}", method.to_uppercase()), action.to_owned());
            }
        }
    }
    routes
}
