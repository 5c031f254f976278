-- Who an account is at a sign-in provider (OpenID Connect). Such an account has no password: an empty one in `account`.
CREATE TABLE account_identity (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    account_id BLOB NOT NULL UNIQUE,
    PRIMARY KEY (issuer, subject)
);
-- Sign-ins that began here and have not come back from the provider. Each is used once, or swept.
CREATE TABLE oidc_sign_in (
    -- SHA-256 of the state that travels through the provider, and of the cookie of the browser that began.
    state BLOB PRIMARY KEY,
    browser BLOB NOT NULL,
    nonce TEXT NOT NULL,
    -- Proof key (PKCE).
    verifier TEXT NOT NULL,
    -- Page of this host that the person wants.
    return_to TEXT NOT NULL,
    begun_at BIGINT NOT NULL
);
CREATE INDEX oidc_sign_in_begun ON oidc_sign_in (begun_at);
-- When the last wrong password came: old ones are forgotten.
ALTER TABLE account ADD COLUMN failed_at BIGINT;
-- Wrong passwords for logins that nobody has, so that nobody learns from a lock-out who has an account. The login is kept
-- as SHA-256: people type their passwords there.
CREATE TABLE unknown_login (
    login BLOB PRIMARY KEY,
    failures BIGINT NOT NULL,
    locked_until BIGINT,
    seen_at BIGINT NOT NULL
);
CREATE INDEX unknown_login_seen ON unknown_login (seen_at);
