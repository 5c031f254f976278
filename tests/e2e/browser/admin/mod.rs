//! What the administrator and the developer do, from sign-in to result.

mod administrator;
mod data;
mod developer;

use tokio_util::sync::CancellationToken;
use veche_domain::limits::LimitKind;
use veche_domain::ruleset::Ruleset;

use super::Centre;
use crate::world::{by, yaroslavl};

/// Appeals that the sample's rules decide.
const APPEALS: [&str; 6] = [
    "На проспекте Ленина огромная яма, третий день объезжаем. Телефон +7 900 123-45-67",
    "Четвёртые сутки нет отопления в подъезде, дома дети",
    "С понедельника не вывозят мусор, контейнеры переполнены",
    "Автобус опять не пришёл по расписанию, стоим час",
    "Во дворе не работает освещение, темно идти из школы",
    "На дороге огромная яма у поликлиники",
];

/// The sample region with a few appeals, and a worker of back-tests.
async fn busy_centre() -> (Centre, tokio_util::sync::DropGuard) {
    let centre = Centre::start().await;
    for text in APPEALS {
        centre.appeal(text).await;
    }
    let stop = CancellationToken::new();
    tokio::spawn(veche_app::backtest::work(centre.served.app.clone(), stop.clone()));
    (centre, stop.drop_guard())
}

/// Makes the router fault at each call: it gets next to no fuel. The active rules before.
async fn starve(centre: &Centre) -> Ruleset {
    let app = &centre.served.app;
    let digest = app.region(&yaroslavl()).await.unwrap().ruleset.unwrap();
    let sound = app.rules.ruleset(&digest).await.unwrap();
    let mut starved = sound.clone();
    let table = starved.bindings.iter_mut().find(|binding| binding.id.as_str() == "table").unwrap();
    table.limits.overrides.insert(LimitKind::Fuel, 1_000);
    veche_app::regions::activate(app, starved, None, &by("test")).await.unwrap();
    sound
}
