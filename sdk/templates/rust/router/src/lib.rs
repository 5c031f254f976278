//! Says who must act on an appeal, and by when: a company for each house, terms by category.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use veche_sdk::{
    Appeal, Assignment, ChosenCategory, Clock, ClockKind, Context, Dataset, Description, Failure, Plugin, Priority,
    Reason, Router, Routing, SettingsError, calendar, datasets,
};

/// Settings, shown as a form to the administrator.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Срок ответа, рабочих дней / Term of the answer, working days
    #[schemars(range(min = 1, max = 60))]
    pub answer_days: i32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { answer_days: 10 }
    }
}

/// The configured plug-in.
#[derive(Debug)]
pub struct {{Type}} {
    answer_days: i32,
    company_of_house: HashMap<String, String>,
}

impl Plugin for {{Type}} {
    type Settings = Settings;

    fn describe() -> Description {
        Description::new([("ru", "Управляющая компания по дому"), ("en", "Company by house")])
            .summary([("en", "Finds the company that runs a house, and sets the term of the answer.")])
            .dataset(Dataset::table("houses", ["address", "body"]).required().described([
                ("ru", "Адрес дома и код управляющей компании"),
                ("en", "Address of a house and code of its company"),
            ]))
    }

    fn configure(settings: Settings) -> Result<Self, SettingsError> {
        let rows = datasets::table("houses", ["address", "body"])?;
        let company_of_house = rows.into_iter().map(|[address, body]| (plain(&address), body)).collect();
        Ok(Self { answer_days: settings.answer_days, company_of_house })
    }
}

/// Case, spaces and punctuation say nothing about a house.
fn plain(address: &str) -> String {
    address.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

impl Router for {{Type}} {
    fn route(&self, appeal: &Appeal, category: &ChosenCategory, _: &Context) -> Result<Routing, Failure> {
        if category.block != "housing" {
            return Ok(Routing::NoOpinion);
        }
        let Some(address) = &appeal.place.address else {
            return Ok(Routing::NeedsPerson("О каком доме обращение?".to_owned()));
        };
        let Some(body) = self.company_of_house.get(&plain(address)) else { return Ok(Routing::NoOpinion) };
        let received = calendar::local_date(appeal.received_at);
        let last_day = calendar::add_working_days(received, self.answer_days)?;
        Ok(Routing::Assigned(Assignment {
            body: body.clone(),
            priority: if category.code == "housing.heating" { Priority::High } else { Priority::Normal },
            clocks: vec![Clock {
                kind: ClockKind::Answer,
                due: calendar::end_of_day(last_day)?,
                basis: format!("Регламент, {} рабочих дней", self.answer_days),
            }],
            reasons: vec![Reason::new("Дом обслуживает эта компания", [address.as_str()])],
        }))
    }
}

veche_sdk::export!({{Type}}: router);

#[cfg(test)]
mod tests {
    use veche_sdk::testing::{self, Host};

    use super::*;

    #[test]
    fn a_house_is_found_however_it_is_written() {
        Host::new().table("houses", "address,body\n\"Северная, 5\",uk-north\n").install();
        let plugin: {{Type}} = testing::configure("{}").unwrap();
        let mut appeal = testing::appeal("Нет тепла");
        appeal.place.address = Some("северная 5".to_owned());
        let category =
            ChosenCategory { code: "housing.heating".into(), block: "housing".into(), other: false, confidence: None };
        let answer = plugin.route(&appeal, &category, &testing::context());
        let Ok(Routing::Assigned(assignment)) = answer else { panic!("{answer:?}") };
        assert_eq!((assignment.body.as_str(), assignment.priority), ("uk-north", Priority::High));
    }
}
