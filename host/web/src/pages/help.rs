//! A page of help for each role: what it is for, where to begin, which keys there are.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;
use veche_domain::access::{Action, Role};

use super::profile::role_name;
use super::visit::{Page, Visit, go};
use super::{PageRoute, guarded};
use crate::problem::Problem;

pub(super) fn routes() -> Vec<PageRoute> {
    vec![
        guarded("GET", "/help", Action::UseOwnAccount, get(own)),
        guarded("GET", "/help/{role}", Action::UseOwnAccount, get(of_role)),
    ]
}

/// Roles with a page of help: those of people.
const ROLES: [Role; 9] = [
    Role::Operator,
    Role::BlockLead,
    Role::Head,
    Role::Curator,
    Role::Administrator,
    Role::Developer,
    Role::Media,
    Role::Auditor,
    Role::HostAdministrator,
];

#[derive(Template)]
#[template(path = "help.html")]
struct HelpPage {
    page: Page,
    intro: String,
    steps: Vec<String>,
    /// Role, path, whether it is this page.
    roles: Vec<(String, String, bool)>,
    may: Vec<String>,
}

fn code(role: Role) -> String {
    role.as_str().replace('_', "-")
}

/// The page of the visitor's first role.
async fn own(visit: Visit) -> Result<Response, Problem> {
    let held = visit.access()?.caller.grants.list().first().map_or(Role::Operator, |grant| grant.role());
    let role = if ROLES.contains(&held) { held } else { Role::Operator };
    Ok(go(&format!("/help/{}", code(role)), None))
}

async fn of_role(visit: Visit, Path(named): Path<String>) -> Result<Response, Problem> {
    let role = ROLES.into_iter().find(|role| code(*role) == named);
    let role = role.ok_or_else(|| Problem::unknown("there is no help for such a role"))?;
    let lang = visit.lang();
    let steps = (1..=9).map(|n| format!("help-{}-{n}", code(role))).take_while(|key| lang.knows(key));
    let steps = steps.map(|key| lang.t(&key)).collect();
    let allowed = veche_domain::access::TABLE.iter().filter(|rule| rule.cell(role).is_some());
    let may = allowed.map(|rule| lang.t(&format!("action-{}", rule.code.replace('_', "-")))).collect();
    let roles = ROLES.into_iter().map(|r| (role_name(lang, r), format!("/help/{}", code(r)), r == role)).collect();
    let page = visit.page_titled(lang.with("help-title", &[("role", role_name(lang, role).into())]));
    visit.html(&HelpPage { page, intro: lang.t(&format!("help-{}", code(role))), steps, roles, may })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::messages::Lang;

    #[test]
    fn every_role_has_help_and_every_action_a_name() {
        for lang in Lang::ALL {
            for role in ROLES {
                for key in [format!("help-{}", code(role)), format!("help-{}-1", code(role))] {
                    assert!(lang.knows(&key), "{key}");
                }
            }
            for (role, ..) in Role::ALL {
                assert!(lang.knows(&format!("role-{}", code(role))), "{role:?}");
            }
            for rule in &veche_domain::access::TABLE {
                assert!(lang.knows(&format!("action-{}", rule.code.replace('_', "-"))), "{}", rule.code);
            }
        }
    }
}
