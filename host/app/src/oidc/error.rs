//! Why nobody is signed in, in words for the person who sees them.

/// What goes wrong between this host, a browser and the sign-in provider.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OidcError {
    /// The host has no provider.
    #[error("this host has no sign-in provider: whoever runs it names one with --oidc-issuer")]
    NoProvider,
    /// An unknown, used or old state, or one that began in another browser: the same words for all.
    #[error("this sign-in is over, was used before, or began in another browser: begin again")]
    Over,
    /// The provider sent the person back without a code.
    #[error("the sign-in provider refused: {0}")]
    Refused(String),
    /// No connection, or no answer.
    #[error("the sign-in provider {issuer} cannot be reached: {reason}")]
    Unreachable {
        /// Issuer.
        issuer: String,
        /// What failed.
        reason: String,
    },
    /// An answer that the protocol does not know.
    #[error("the sign-in provider gave an answer that cannot be used: {0}")]
    Answer(String),
    /// An ID token that proves nothing.
    #[error("the sign-in provider's word does not hold: {0}; begin again")]
    Token(String),
    /// Nobody gets in without a role.
    #[error("{0}: ask an administrator for a role")]
    NoRole(String),
    /// The account is disabled here.
    #[error("the account is disabled: ask an administrator")]
    Disabled,
    /// Somebody else has the login.
    #[error(
        "the login {login:?} belongs to another account of this host: an administrator joins both with `veche account link`"
    )]
    LoginTaken {
        /// Login.
        login: String,
    },
}

impl OidcError {
    /// A refusal by its code. The code came through the browser: only the plain letters of it are repeated.
    pub(super) fn refused(code: &str) -> Self {
        let plain = code.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(40).collect::<String>();
        Self::Refused(if plain == "access_denied" { "access was denied there".into() } else { plain })
    }
}
