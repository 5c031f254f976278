-- Exports: a file that somebody asked for. Its bytes stand in chunks and are offered once the job is done.
CREATE TABLE export_job (
    id UUID PRIMARY KEY,
    region TEXT NOT NULL,
    binding TEXT NOT NULL,
    format TEXT NOT NULL,
    kind TEXT NOT NULL,
    first TEXT NOT NULL,
    last TEXT NOT NULL,
    language TEXT NOT NULL,
    options TEXT NOT NULL,
    -- Blocks whose questions are in it; an empty list is the whole region.
    blocks TEXT NOT NULL,
    -- Whether applicants' data are in it.
    personal BOOLEAN NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    total BIGINT NOT NULL,
    done BIGINT NOT NULL,
    skipped BIGINT NOT NULL,
    notes TEXT NOT NULL,
    fault TEXT,
    file_name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    digest BYTEA,
    release BYTEA,
    ruleset BYTEA,
    -- Whether the bytes are there, and until when.
    available BOOLEAN NOT NULL,
    expires_at BIGINT,
    requested_by TEXT NOT NULL,
    lease_owner TEXT,
    lease_until BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX export_job_region ON export_job (region, created_at);
CREATE TABLE export_chunk (
    job UUID NOT NULL,
    n BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    PRIMARY KEY (job, n)
);
-- Versions of how a region rates bodies (clause 14). A version is never changed.
CREATE TABLE rating_rules (
    region TEXT NOT NULL,
    version TEXT NOT NULL,
    digest BYTEA NOT NULL,
    content TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    set_by TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (region, version)
);
-- Ratings: another calculation of a period is another revision; what was published stays to be read.
CREATE TABLE rating (
    id UUID PRIMARY KEY,
    region TEXT NOT NULL,
    kind TEXT NOT NULL,
    first TEXT NOT NULL,
    last TEXT NOT NULL,
    revision BIGINT NOT NULL,
    state TEXT NOT NULL,
    rules TEXT NOT NULL,
    rules_digest BYTEA NOT NULL,
    cut_off BIGINT NOT NULL,
    bodies TEXT NOT NULL,
    made_by TEXT NOT NULL,
    moved_by TEXT,
    moved_at BIGINT,
    created_at BIGINT NOT NULL,
    UNIQUE (region, kind, first, last, revision)
);
