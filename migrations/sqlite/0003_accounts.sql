-- People and programs that may use the host. Grants are a JSON list of texts: "operator@yaroslavl/roads".
CREATE TABLE account (
    id BLOB PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    grants TEXT NOT NULL,
    -- PHC string of argon2id.
    password TEXT NOT NULL,
    disabled BOOLEAN NOT NULL,
    -- Wrong passwords in a row, and until when another one is not even looked at.
    failures BIGINT NOT NULL,
    locked_until BIGINT,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE TABLE api_token (
    id BLOB PRIMARY KEY,
    -- SHA-256 of the secret: the secret itself is shown once and stored nowhere.
    digest BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL,
    grants TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    last_used_at BIGINT
);
CREATE TABLE session (
    id BLOB PRIMARY KEY,
    account_id BLOB NOT NULL,
    -- SHA-256 of the cookie's secret, and of the one before the last rotation.
    digest BLOB NOT NULL UNIQUE,
    previous BLOB,
    csrf TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    rotated_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);
CREATE INDEX session_account ON session (account_id);
CREATE INDEX session_previous ON session (previous);
-- The log: one chain for each region and one (`*`) for the host. Each entry holds the digest of the one before it.
CREATE TABLE audit (
    chain TEXT NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    request TEXT,
    deed TEXT NOT NULL,
    target TEXT NOT NULL,
    before_digest BLOB,
    after_digest BLOB,
    details TEXT NOT NULL,
    -- Commitment to what stands in audit_private.
    private BLOB,
    previous BLOB NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (chain, seq)
);
CREATE INDEX audit_target ON audit (chain, target);
-- Personal data of an entry stand apart: an erasure (152-FZ) empties them, and the chain stays whole.
CREATE TABLE audit_private (
    chain TEXT NOT NULL,
    seq BIGINT NOT NULL,
    salt BLOB,
    data TEXT,
    -- Entry that erased them.
    erased_by BIGINT,
    PRIMARY KEY (chain, seq)
);
-- Newest entry of each chain; its row is also the lock under which the next one is written.
CREATE TABLE audit_head (
    chain TEXT PRIMARY KEY,
    seq BIGINT NOT NULL,
    digest BLOB NOT NULL
);
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
-- Applicants' data are sealed: `data` is then hexadecimal nonce and ciphertext, `key_id` names the key. Missing: JSON as it
-- was, until `veche keys rotate`. The keyed digests find the rows of one person.
ALTER TABLE applicant ADD COLUMN key_id TEXT;
ALTER TABLE applicant ADD COLUMN by_phone BLOB;
ALTER TABLE applicant ADD COLUMN by_email BLOB;
ALTER TABLE applicant ADD COLUMN by_name BLOB;
CREATE INDEX applicant_phone ON applicant (by_phone) WHERE by_phone IS NOT NULL;
CREATE INDEX applicant_email ON applicant (by_email) WHERE by_email IS NOT NULL;
CREATE INDEX applicant_name ON applicant (by_name) WHERE by_name IS NOT NULL;
