//! Speaks HTTP: the REST API under `/api/v1`, its OpenAPI description, health checks, and the pages.

mod api;
mod guard;
mod pages;
mod problem;
mod roles;
mod session;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderName, StatusCode};
use axum::response::IntoResponse as _;
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;
use veche_app::App;
use veche_app::oidc::Provider;

pub use guard::{Gate, Token};
pub use pages::page_routes;
pub use problem::Problem;
pub use roles::roles_page;

/// Largest request body, bytes: a component, or an appeal of 100,000 characters with room to spare.
const BODY_LIMIT: usize = 40 << 20;
/// Longest a request may take. Compiling an uploaded component fits.
const TIMEOUT: Duration = Duration::from_secs(120);

/// How the web floor is set up.
#[derive(Clone, Default)]
pub struct WebConfig {
    /// Token of the host's administrator, until accounts exist; none for none.
    pub token: Option<Token>,
    /// Requests a second that one address may send; none for no limit.
    pub requests_per_second: Option<u32>,
    /// Where people sign in besides the host's own accounts; none for nowhere.
    pub oidc: Option<Arc<Provider>>,
    /// Ends what a page listens to, so that [`serve`] can end: the token that it gets.
    pub stop: tokio_util::sync::CancellationToken,
}

/// What every handler sees.
#[derive(Clone)]
pub(crate) struct Web {
    pub(crate) app: App,
    pub(crate) gate: Arc<Gate>,
    pub(crate) oidc: Option<Arc<Provider>>,
    pub(crate) stop: tokio_util::sync::CancellationToken,
    /// Open figures, counted a while ago.
    pub(crate) open: Arc<pages::open::Kept>,
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Veche",
        description = "Citizens' appeals, categorised, routed and dated by sandboxed plug-ins. \
                       Errors are Problem Details (RFC 9457). Requests need `Authorization: Bearer` or a session; `x-veche-action` names what the caller must be allowed to do.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    modifiers(&Bearer)
)]
struct Description;

struct Bearer;

impl utoipa::Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
        let components = openapi.components.get_or_insert_with(Default::default);
        components.add_security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    }
}

fn description(web: Option<&Web>) -> (Router<Web>, utoipa::openapi::OpenApi) {
    OpenApiRouter::with_openapi(Description::openapi()).nest("/api/v1", api::router(web)).split_for_parts()
}

/// The OpenAPI 3.1 description.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    description(None).1
}

/// The whole service.
pub fn router(app: App, config: WebConfig) -> Router {
    let gate = Arc::new(Gate::new(config.token, config.requests_per_second));
    let web = Web { app, gate, oidc: config.oidc, stop: config.stop, open: Arc::default() };
    let (api, openapi) = description(Some(&web));
    let id = HeaderName::from_static("x-request-id");
    api.merge(pages::router(&web)).route("/healthz", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .merge(utoipa_swagger_ui::SwaggerUi::new("/api/docs").url("/api/openapi.json", openapi))
        .fallback(pages::not_found)
        .method_not_allowed_fallback(wrong_method)
        .with_state(web)
        .layer(RequestBodyLimitLayer::new(BODY_LIMIT))
        .layer(axum::extract::DefaultBodyLimit::max(BODY_LIMIT))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, TIMEOUT))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            let detail = "the failure is in the host's log";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "The host failed", detail).into_response()
        }))
        .layer(PropagateRequestIdLayer::new(id.clone()))
        .layer(TraceLayer::new_for_http().make_span_with(|request: &axum::http::Request<_>| {
            let id = request.headers().get("x-request-id").and_then(|v| v.to_str().ok()).unwrap_or("");
            // The path holds codes and ids only; the query may hold anything and stays out of the log.
            tracing::info_span!("request", http.method = %request.method(), http.path = %request.uri().path(), request.id = id)
        }))
        .layer(SetRequestIdLayer::new(id, MakeRequestUuid))
}

async fn ready(axum::extract::State(web): axum::extract::State<Web>) -> Result<&'static str, Problem> {
    web.app.store.ping().await?;
    Ok("ready")
}

async fn wrong_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method",
        "This method is not served here",
        "the API is described at /api/docs",
    )
}

/// Serves until `stop`, then lets running requests end.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: tokio::net::TcpListener,
    router: Router,
    stop: tokio_util::sync::CancellationToken,
) -> std::io::Result<()> {
    let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stop.cancelled_owned()).await
}
