-- Rules under control: drafts, what is out beside the active ruleset, back-tests, shadow decisions.
CREATE TABLE draft (
    id BLOB PRIMARY KEY,
    region TEXT NOT NULL,
    title TEXT NOT NULL,
    ruleset TEXT NOT NULL,
    base BLOB,
    stage TEXT NOT NULL,
    digest BLOB,
    version BIGINT NOT NULL,
    created_by TEXT,
    updated_by TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX draft_region ON draft (region, updated_at);
-- Earlier contents, so that a late writer can be told what changed since.
CREATE TABLE draft_version (
    draft BLOB NOT NULL,
    version BIGINT NOT NULL,
    ruleset TEXT NOT NULL,
    PRIMARY KEY (draft, version)
);
-- At most one ruleset of a region is out beside the active one.
CREATE TABLE rollout (
    region TEXT PRIMARY KEY,
    draft BLOB NOT NULL,
    ruleset BLOB NOT NULL,
    base BLOB NOT NULL,
    stage TEXT NOT NULL,
    percent BIGINT NOT NULL,
    guard TEXT NOT NULL,
    started_by TEXT,
    started_at BIGINT NOT NULL,
    dropped BIGINT NOT NULL DEFAULT 0
);
ALTER TABLE activation ADD COLUMN previous BLOB;
ALTER TABLE activation ADD COLUMN rollback BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE activation ADD COLUMN reason TEXT;
CREATE TABLE rules_event (
    id BLOB PRIMARY KEY,
    region TEXT NOT NULL,
    kind TEXT NOT NULL,
    draft BLOB,
    ruleset BLOB,
    actor TEXT,
    reason TEXT,
    data TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX rules_event_region ON rules_event (region, at);
-- A consent is to what a ruleset says for one block (its digest), so a later change of the block needs a new one.
CREATE TABLE consent (
    region TEXT NOT NULL,
    draft BLOB NOT NULL,
    block TEXT NOT NULL,
    digest BLOB NOT NULL,
    name TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (draft, block)
);
CREATE TABLE rules_policy (
    region TEXT PRIMARY KEY,
    policy TEXT NOT NULL,
    updated_by TEXT,
    updated_at BIGINT NOT NULL
);
-- Back-tests are jobs: claimed by lease, with all that they have counted, so that another host or a restart goes on.
CREATE TABLE backtest (
    id BLOB PRIMARY KEY,
    region TEXT NOT NULL,
    draft BLOB,
    base BLOB NOT NULL,
    candidate BLOB NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT NOT NULL,
    state TEXT NOT NULL,
    total BIGINT NOT NULL,
    done BIGINT NOT NULL,
    cursor BLOB,
    report TEXT NOT NULL,
    error TEXT,
    requested_by TEXT,
    lease_owner TEXT,
    lease_until BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX backtest_region ON backtest (region, created_at);
-- What a ruleset in shadow said, beside what was really decided.
CREATE TABLE shadow (
    ruleset BLOB NOT NULL,
    appeal_id BLOB NOT NULL,
    question BIGINT NOT NULL,
    region TEXT NOT NULL,
    base BLOB NOT NULL,
    verdict TEXT NOT NULL,
    decisions TEXT NOT NULL,
    same_category BOOLEAN NOT NULL,
    same_body BOOLEAN NOT NULL,
    same_priority BOOLEAN NOT NULL,
    same_clocks BOOLEAN NOT NULL,
    manual BOOLEAN NOT NULL,
    calls BIGINT NOT NULL,
    faults BIGINT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (ruleset, appeal_id, question)
);
ALTER TABLE dataset ADD COLUMN shape TEXT NOT NULL DEFAULT 'table';
ALTER TABLE dataset ADD COLUMN columns TEXT NOT NULL DEFAULT '[]';
ALTER TABLE dataset ADD COLUMN uploaded_by TEXT;
ALTER TABLE release ADD COLUMN signed_by TEXT;
ALTER TABLE release ADD COLUMN signature TEXT;
ALTER TABLE release ADD COLUMN yanked TEXT;
-- Whoever uploads the first release of a plug-in owns its name in the region.
CREATE TABLE plugin_owner (
    region TEXT NOT NULL,
    plugin TEXT NOT NULL,
    owner TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (region, plugin)
);
