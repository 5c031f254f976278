//! The sign-in provider of `veche serve`: flags, the environment, and the file of claim rules.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use veche_app::App;
use veche_app::oidc::{OidcError, Provider, Settings};
use veche_domain::access::claims::ClaimRules;

/// Gives the secret without a file.
const SECRET: &str = "VECHE_OIDC_CLIENT_SECRET";

#[derive(Args, Default)]
pub(crate) struct OidcArgs {
    /// Issuer of the sign-in provider (OpenID Connect), `https://…`. Its secret stands in a file or in VECHE_OIDC_CLIENT_SECRET.
    #[arg(long, env = "VECHE_OIDC_ISSUER")]
    oidc_issuer: Option<String>,
    /// Who this host is to the provider.
    #[arg(long, env = "VECHE_OIDC_CLIENT_ID")]
    oidc_client_id: Option<String>,
    /// File with the client's secret.
    #[arg(long, env = "VECHE_OIDC_CLIENT_SECRET_FILE")]
    oidc_client_secret_file: Option<PathBuf>,
    /// File that says which claims give which roles (TOML).
    #[arg(long, env = "VECHE_OIDC_ROLES")]
    oidc_roles: Option<PathBuf>,
    /// Address under which browsers see this host, `https://veche.example.org`.
    #[arg(long, env = "VECHE_PUBLIC_URL")]
    public_url: Option<String>,
}

impl OidcArgs {
    /// The provider that the settings name; none if they name none.
    pub(crate) fn provider(&self) -> anyhow::Result<Option<Provider>> {
        let secret = self.secret()?;
        let (issuer, public_url) = (self.oidc_issuer.as_deref(), self.public_url.as_deref());
        let (id, roles) = (self.oidc_client_id.as_deref(), self.oidc_roles.as_ref());
        let (issuer, id, secret, roles, public_url) = match (issuer, id, secret, roles, public_url) {
            (Some(issuer), Some(id), Some(secret), Some(roles), Some(url)) => (issuer, id, secret, roles, url),
            (None, None, None, None, None) => return Ok(None),
            (issuer, id, secret, roles, url) => {
                let missing = [
                    (issuer.is_none(), "--oidc-issuer"),
                    (id.is_none(), "--oidc-client-id"),
                    (secret.is_none(), "--oidc-client-secret-file or VECHE_OIDC_CLIENT_SECRET"),
                    (roles.is_none(), "--oidc-roles"),
                    (url.is_none(), "--public-url"),
                ];
                let missing: Vec<&str> = missing.iter().filter(|(is, _)| *is).map(|(_, name)| *name).collect();
                bail!(
                    "the sign-in provider needs {} as well; leave all of its settings out for none",
                    missing.join(", ")
                )
            }
        };
        let text = std::fs::read_to_string(roles).with_context(|| format!("{} cannot be read", roles.display()))?;
        let rules = ClaimRules::parse(&text).with_context(|| roles.display().to_string())?;
        Ok(Some(Provider::new(Settings::new(issuer, public_url, id, &secret, rules)?)?))
    }

    fn secret(&self) -> anyhow::Result<Option<String>> {
        let given = std::env::var(SECRET).ok().filter(|text| !text.is_empty());
        match (&self.oidc_client_secret_file, given) {
            (Some(_), Some(_)) => {
                bail!("{SECRET} and --oidc-client-secret-file both give a secret: leave one of them out")
            }
            (Some(path), None) => {
                let text =
                    std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
                Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
            }
            (None, given) => Ok(given),
        }
    }
}

/// Looks at the provider before people do. One that is not there yet is no reason not to serve: local accounts work.
pub(crate) async fn check(app: &App, provider: &Provider) -> anyhow::Result<()> {
    let regions = app.store.regions().await?;
    for region in provider.rules().roles.iter().flat_map(|rule| &rule.grants).filter_map(|grant| grant.region()) {
        if !regions.iter().any(|row| row.region.code == *region) {
            tracing::warn!(region = %region, "the file of --oidc-roles names a region that is not loaded");
        }
    }
    match provider.check().await {
        Ok(()) => {
            tracing::info!(issuer = %provider.issuer(), "people sign in at /api/v1/session/oidc");
            Ok(())
        }
        Err(error @ OidcError::Unreachable { .. }) => {
            tracing::warn!(%error, "nobody can sign in at the provider until it answers");
            Ok(())
        }
        Err(error) => Err(anyhow::Error::new(error).context("--oidc-issuer")),
    }
}
