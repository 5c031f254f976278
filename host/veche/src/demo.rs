//! `veche demo`: the sample region from nothing, with its appeals, served.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use chrono::{Datelike as _, Months, Utc};
use clap::Args;
use tokio_util::sync::CancellationToken;
use veche_app::evaluate::Known;
use veche_app::indicators::{Wanted, catalogue, history, jobs, passports, progress};
use veche_app::{App, regions};
use veche_domain::access::Actor;
use veche_domain::calendar::local_date;
use veche_domain::code::RegionCode;
use veche_domain::indicator::{Passport, PassportState, PassportStep, PeriodKind};
use veche_web::{Token, WebConfig};

use crate::commands::{ServeArgs, evaluate_file, import_file, listen};
use crate::demo_people::sign_ins;
use crate::oidc::OidcArgs;
use crate::{HostArgs, keys, output};

#[derive(Args)]
pub(crate) struct DemoArgs {
    /// Folder for the demo's database and cache.
    #[arg(long, default_value = "target/demo")]
    dir: PathBuf,
    /// Folder of the sample region.
    #[arg(long, default_value = "samples/yaroslavl")]
    sample: PathBuf,
    /// Port on 127.0.0.1.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Appeals of the made-up year of history; 0 leaves it out.
    #[arg(long, default_value_t = 2_000)]
    history: u64,
    /// Do all of it, ask the service once, and exit.
    #[arg(long)]
    check: bool,
}

/// Least agreement with the sample's labels.
const ACCURACY: f64 = 0.85;

pub(crate) async fn run(host: &HostArgs, args: DemoArgs) -> anyhow::Result<()> {
    std::fs::create_dir_all(&args.dir).with_context(|| format!("{} cannot be made", args.dir.display()))?;
    let mut host = host.clone();
    host.database = args.dir.join("veche.db").display().to_string();
    host.cache = args.dir.join("cache");
    let key_file = args.dir.join("data.key");
    keys::make_file(&key_file)?;
    (host.data_key_file, host.plaintext_personal_data) = (Some(key_file), false);
    let app = host.start().await?;
    let loaded = regions::load_folder(&app, &args.sample, &host.plugins, &Actor::named("demo")).await?;
    println!(
        "Region {}: {} blocks, {} categories, {} bodies, {} municipalities, {} plug-ins bound",
        loaded.region, loaded.blocks, loaded.categories, loaded.bodies, loaded.municipalities, loaded.bindings
    );
    let appeals = args.sample.join("appeals.csv");
    let started = std::time::Instant::now();
    let imported = import_file(&app, &loaded.region, &appeals, "veche", Some(args.dir.join("rejects.csv"))).await?;
    output::imported(&imported, started.elapsed());
    let evaluation = evaluate_file(&app, &loaded.region, &appeals, "veche", Known::Nothing, 0).await?;
    output::evaluation(&evaluation);
    for (name, side) in [("category", &evaluation.category), ("body", &evaluation.body)] {
        let accuracy = side.accuracy.unwrap_or(0.0);
        if accuracy < ACCURACY {
            bail!("the {name} agrees with {accuracy:.3} of the sample's labels, {ACCURACY} are expected");
        }
    }
    if args.history > 0 {
        year_of_history(&app, &loaded.region, &args).await?;
    }
    let token = uuid::Uuid::new_v4().simple().to_string();
    if args.check {
        return check(app, &loaded.region, &token).await;
    }
    let password = format!("demo {} {}", &token.get(..6).unwrap_or_default(), &token.get(6..12).unwrap_or_default());
    let people = sign_ins(&app, &loaded.region, &password).await?;
    println!(
        "\nOpen http://127.0.0.1:{}/ and sign in; the password of this run is the same for all: {password}",
        args.port
    );
    for person in people {
        println!("  {:<20} {}", person.login, person.role);
    }
    println!("For everybody, without signing in: http://127.0.0.1:{}/open/{}", args.port, loaded.region);
    println!("\nThe API is described at http://127.0.0.1:{}/api/docs", args.port);
    println!("API token of this run: {token}");
    println!(
        "Try:\n  curl -s -H 'Authorization: Bearer {token}' 'http://127.0.0.1:{}/api/v1/regions/{}/appeals?limit=1'\n",
        args.port, loaded.region
    );
    let listen_on = std::net::SocketAddr::from(([127, 0, 0, 1], args.port));
    let args = ServeArgs { listen: listen_on, token: Some(token), rate: 200, oidc: OidcArgs::default() };
    listen(app, args, None).await
}

/// A year of history, measured, and passports in different states.
async fn year_of_history(app: &App, region: &RegionCode, args: &DemoArgs) -> anyhow::Result<()> {
    let today = local_date(Utc::now(), app.region(region).await?.region.time_zone);
    let plan = history::HistoryPlan { appeals: args.history, until: today, days: 365 };
    let made = history::write(&args.sample.join("appeals.csv"), &args.dir, &plan)?;
    let started = std::time::Instant::now();
    let imported = import_file(app, region, &made.appeals, "veche", Some(args.dir.join("rejects.csv"))).await?;
    let told = progress::import(app, region, &made.progress).await?;
    println!(
        "\nHistory: {} appeals, {} events in {:.1} s",
        imported.rows,
        told.count.new,
        started.elapsed().as_secs_f64()
    );
    if app.store.passports(region).await?.is_empty() {
        sample_passports(app, region, &args.sample.join("passports.json")).await?;
    }
    let month = |back| today.with_day(1).and_then(|first| first.checked_sub_months(Months::new(back)));
    for day in (1..=12).rev().filter_map(month) {
        let wanted = Wanted::Holding(PeriodKind::Month, day);
        let job = jobs::request(app, region, wanted, Vec::new(), "demo").await?;
        let job = crate::indicators::watch(app, region, job.id).await?;
        if let Some(fault) = job.faults.first() {
            bail!("{} of {}: {}", fault.indicator, job.period.label(), fault.fault);
        }
    }
    println!("Twelve months are measured: veche indicator --region {region} show");
    Ok(())
}

/// A passport of the sample and how far it goes.
#[derive(serde::Deserialize)]
struct SamplePassport {
    reaches: PassportState,
    passport: serde_json::Map<String, serde_json::Value>,
}

async fn sample_passports(app: &App, region: &RegionCode, path: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let list: Vec<SamplePassport> = serde_json::from_str(&text)?;
    let catalogue = catalogue::of(app, region).await?;
    for SamplePassport { reaches, mut passport } in list {
        let code = passport.get("indicator").and_then(|code| code.as_str()).unwrap_or_default();
        let Some(catalogue::From::Plugin { release, .. }) = catalogue.find(code).map(|i| &i.from) else {
            bail!("{}: no plug-in defines {code:?}", path.display());
        };
        passport.insert("release".into(), release.to_string().into());
        let passport: Passport = serde_json::from_value(passport.into())?;
        let mut row = passports::create(app, region, &passport, &Actor::named("demo:block_lead")).await?;
        let steps = [
            (PassportStep::Submit, "demo:block_lead"),
            (PassportStep::Agree, "demo:head"),
            (PassportStep::Approve, "demo:curator"),
            (PassportStep::Activate, "demo:curator"),
        ];
        for (step, actor) in steps {
            if row.state == reaches {
                break;
            }
            row = passports::step(app, region, row.id, step, None, &Actor::named(actor)).await?;
        }
    }
    Ok(())
}

/// Serves on a free port, asks for the readiness and one page of appeals over HTTP, and stops.
async fn check(app: veche_app::App, region: &veche_domain::code::RegionCode, token: &str) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let stop = CancellationToken::new();
    let token_given = Some(Token::new(token).map_err(anyhow::Error::msg)?);
    let config = WebConfig { token: token_given, ..WebConfig::default() };
    let server = tokio::spawn(veche_web::serve(listener, veche_web::router(app.clone(), config), stop.clone()));
    let ready = request(address, "/readyz", token).await?;
    let list = request(address, &format!("/api/v1/regions/{region}/appeals?limit=1"), token).await?;
    stop.cancel();
    server.await??;
    app.store.close().await;
    if !ready.ends_with("ready") {
        bail!("/readyz answers {ready:?}");
    }
    let body = list.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let page: serde_json::Value = serde_json::from_str(body).context("the list of appeals is no JSON")?;
    let assignment = page.pointer("/items/0/assignments/0").context("the newest appeal has no assignment")?;
    println!("Checked over HTTP: the newest appeal is {assignment}");
    Ok(())
}

/// One plain GET; enough for a look at our own server.
async fn request(address: std::net::SocketAddr, path: &str, token: &str) -> anyhow::Result<String> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(address).await?;
    let text =
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");
    stream.write_all(text.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}
