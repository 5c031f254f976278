-- Times are microseconds since 1970-01-01T00:00:00Z. Digests are SHA-256. JSON is text.
CREATE TABLE blob (
    digest BLOB PRIMARY KEY,
    kind TEXT NOT NULL,
    bytes BLOB NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE TABLE region (
    code TEXT PRIMARY KEY,
    region TEXT NOT NULL,
    dictionaries BLOB NOT NULL,
    calendar BLOB NOT NULL,
    ruleset BLOB,
    updated_at BIGINT NOT NULL
);
CREATE TABLE activation (
    id BLOB PRIMARY KEY,
    region TEXT NOT NULL,
    ruleset BLOB NOT NULL,
    actor TEXT,
    at BIGINT NOT NULL
);
CREATE INDEX activation_region ON activation (region, at);
CREATE TABLE release (
    region TEXT NOT NULL,
    digest BLOB NOT NULL,
    plugin TEXT NOT NULL,
    version TEXT NOT NULL,
    inspection TEXT NOT NULL,
    uploaded_by TEXT,
    uploaded_at BIGINT NOT NULL,
    PRIMARY KEY (region, digest)
);
CREATE TABLE dataset (
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    digest BLOB NOT NULL,
    row_count BIGINT NOT NULL,
    size BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (region, name, digest)
);
CREATE TABLE appeal (
    id BLOB PRIMARY KEY,
    region TEXT NOT NULL,
    channel TEXT NOT NULL,
    external_id TEXT,
    regime TEXT NOT NULL,
    applicant_kind TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    municipality TEXT,
    content TEXT NOT NULL,
    digest BLOB NOT NULL,
    pending BOOLEAN NOT NULL,
    lease_owner TEXT,
    lease_until BIGINT,
    attempts BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX appeal_external ON appeal (region, channel, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX appeal_received ON appeal (region, received_at, id);
CREATE INDEX appeal_pending ON appeal (lease_until) WHERE pending;
-- Personal data stand apart, so that they can be erased alone (152-FZ).
CREATE TABLE applicant (
    appeal_id BLOB PRIMARY KEY,
    data TEXT NOT NULL
);
CREATE TABLE question (
    appeal_id BLOB NOT NULL,
    question BIGINT NOT NULL,
    region TEXT NOT NULL,
    state TEXT NOT NULL,
    category TEXT,
    category_source TEXT,
    confidence DOUBLE PRECISION,
    needs_review BOOLEAN NOT NULL,
    body TEXT,
    body_source TEXT,
    priority TEXT NOT NULL,
    clocks TEXT NOT NULL,
    next_due BIGINT,
    ask TEXT,
    decided_by TEXT,
    ruleset BLOB,
    version BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (appeal_id, question)
);
CREATE INDEX question_state ON question (region, state);
CREATE TABLE decision (
    id BLOB PRIMARY KEY,
    appeal_id BLOB NOT NULL,
    region TEXT NOT NULL,
    question BIGINT NOT NULL,
    step BIGINT NOT NULL,
    kind TEXT NOT NULL,
    binding TEXT NOT NULL,
    ruleset BLOB NOT NULL,
    release BLOB NOT NULL,
    category TEXT,
    outcome TEXT NOT NULL,
    output TEXT,
    fault TEXT,
    fuel BIGINT NOT NULL,
    duration_us BIGINT NOT NULL,
    memory BIGINT NOT NULL,
    engine TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX decision_appeal ON decision (appeal_id);
CREATE TABLE event (
    id BLOB PRIMARY KEY,
    appeal_id BLOB NOT NULL,
    region TEXT NOT NULL,
    question BIGINT,
    kind TEXT NOT NULL,
    actor TEXT,
    reason TEXT,
    data TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX event_appeal ON event (appeal_id);
CREATE TABLE idempotency (
    region TEXT NOT NULL,
    key TEXT NOT NULL,
    request BLOB NOT NULL,
    appeal_id BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (region, key)
);
