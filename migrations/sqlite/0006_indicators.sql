-- Facts: a row for each question, narrow, for indicators to count. The database keeps it with `question` and `appeal`, whoever
-- writes them; what became of a question (`domain::progress`) is folded from its events by `store::indicators::progress`. No index
-- beside the key: whoever counts reads most rows anyway, and through an index that is four times slower.
CREATE TABLE fact (
    appeal_id BLOB NOT NULL,
    question BIGINT NOT NULL,
    region TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    channel TEXT NOT NULL,
    regime TEXT NOT NULL,
    municipality TEXT,
    address TEXT,
    category TEXT,
    body TEXT,
    -- Body that the rules set first; none if they set none.
    first_body TEXT,
    by_person BOOLEAN NOT NULL,
    confidence DOUBLE PRECISION,
    state TEXT NOT NULL,
    -- Term that the rules set, and the one after extensions.
    rule_due_at BIGINT,
    due_at BIGINT,
    extended BOOLEAN NOT NULL DEFAULT FALSE,
    reacted_at BIGINT,
    reaction_minutes BIGINT,
    answered_at BIGINT,
    in_substance BOOLEAN,
    closed_at BIGINT,
    reopened BIGINT NOT NULL DEFAULT 0,
    redirects BIGINT NOT NULL DEFAULT 0,
    mark BIGINT,
    repeated BOOLEAN NOT NULL,
    PRIMARY KEY (appeal_id, question)
) WITHOUT ROWID;
INSERT INTO fact (appeal_id, question, region, received_at, channel, regime, municipality, address, category, body, first_body,
        by_person, confidence, state, rule_due_at, due_at, repeated)
    SELECT q.appeal_id, q.question, q.region, a.received_at, a.channel, a.regime, a.municipality,
        json_extract(a.content, '$.place.address'), q.category, q.body,
        CASE WHEN q.body_source <> 'person' THEN q.body END, COALESCE(q.body_source, '') = 'person', q.confidence, q.state,
        (SELECT unixepoch(json_extract(value, '$.due')) * 1000000 FROM json_each(q.clocks) WHERE json_extract(value, '$.kind') IN ('answer', 'extension') ORDER BY json_extract(value, '$.kind') DESC LIMIT 1), (SELECT unixepoch(json_extract(value, '$.due')) * 1000000 FROM json_each(q.clocks) WHERE json_extract(value, '$.kind') IN ('answer', 'extension') ORDER BY json_extract(value, '$.kind') DESC LIMIT 1), COALESCE(json_extract(a.content, '$.attributes.repeated'), '') IN ('true', 'yes', 'да', 'Да')
    FROM question q JOIN appeal a ON a.id = q.appeal_id;
CREATE TRIGGER question_is_a_fact AFTER INSERT ON question BEGIN
    INSERT INTO fact (appeal_id, question, region, received_at, channel, regime, municipality, address, category, body, first_body,
        by_person, confidence, state, rule_due_at, due_at, repeated)
    SELECT NEW.appeal_id, NEW.question, NEW.region, a.received_at, a.channel, a.regime, a.municipality,
        json_extract(a.content, '$.place.address'), NEW.category, NEW.body,
        CASE WHEN NEW.body_source <> 'person' THEN NEW.body END, COALESCE(NEW.body_source, '') = 'person', NEW.confidence, NEW.state,
        (SELECT unixepoch(json_extract(value, '$.due')) * 1000000 FROM json_each(NEW.clocks) WHERE json_extract(value, '$.kind') IN ('answer', 'extension') ORDER BY json_extract(value, '$.kind') DESC LIMIT 1), (SELECT unixepoch(json_extract(value, '$.due')) * 1000000 FROM json_each(NEW.clocks) WHERE json_extract(value, '$.kind') IN ('answer', 'extension') ORDER BY json_extract(value, '$.kind') DESC LIMIT 1), COALESCE(json_extract(a.content, '$.attributes.repeated'), '') IN ('true', 'yes', 'да', 'Да')
    FROM appeal a WHERE a.id = NEW.appeal_id;
END;
CREATE TRIGGER fact_follows_question AFTER UPDATE OF state, category, body, body_source, confidence, clocks ON question BEGIN
    UPDATE fact SET state = NEW.state, category = NEW.category, confidence = NEW.confidence,
        by_person = by_person OR (NEW.body IS NOT OLD.body AND COALESCE(NEW.body_source, '') = 'person'),
        body = NEW.body
    WHERE appeal_id = NEW.appeal_id AND question = NEW.question;
END;
CREATE TRIGGER fact_follows_clocks AFTER UPDATE OF clocks ON question WHEN NEW.clocks <> OLD.clocks BEGIN
    UPDATE fact SET rule_due_at = (SELECT unixepoch(json_extract(value, '$.due')) * 1000000 FROM json_each(NEW.clocks) WHERE json_extract(value, '$.kind') IN ('answer', 'extension') ORDER BY json_extract(value, '$.kind') DESC LIMIT 1),
        due_at = CASE WHEN extended THEN due_at ELSE (SELECT unixepoch(json_extract(value, '$.due')) * 1000000 FROM json_each(NEW.clocks) WHERE json_extract(value, '$.kind') IN ('answer', 'extension') ORDER BY json_extract(value, '$.kind') DESC LIMIT 1) END
    WHERE appeal_id = NEW.appeal_id AND question = NEW.question;
END;
CREATE TRIGGER fact_follows_redirects AFTER INSERT ON event WHEN NEW.kind = 'redirected' BEGIN
    UPDATE fact SET redirects = redirects + 1 WHERE appeal_id = NEW.appeal_id AND question = COALESCE(NEW.question, question);
END;
CREATE TRIGGER fact_follows_erasure AFTER UPDATE OF content ON appeal BEGIN
    UPDATE fact SET address = json_extract(NEW.content, '$.place.address') WHERE appeal_id = NEW.id;
END;
UPDATE fact SET redirects = (SELECT COUNT(*) FROM event e
    WHERE e.appeal_id = fact.appeal_id AND e.kind = 'redirected' AND COALESCE(e.question, fact.question) = fact.question);
-- Versions of what a region must measure.
CREATE TABLE indicator_set (
    region TEXT NOT NULL,
    version TEXT NOT NULL,
    digest BLOB NOT NULL,
    content TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    loaded_by TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (region, version)
);
-- Measuring is a job, claimed by lease.
CREATE TABLE measure_job (
    id BLOB PRIMARY KEY,
    region TEXT NOT NULL,
    kind TEXT NOT NULL,
    first TEXT NOT NULL,
    last TEXT NOT NULL,
    indicators TEXT NOT NULL,
    scheduled BOOLEAN NOT NULL,
    state TEXT NOT NULL,
    total BIGINT NOT NULL,
    done BIGINT NOT NULL,
    faults TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    lease_owner TEXT,
    lease_until BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX measure_job_region ON measure_job (region, created_at);
CREATE UNIQUE INDEX measure_job_schedule ON measure_job (region, kind, first) WHERE scheduled;
-- What one indicator came to in one period. Another result is another revision; the earlier ones stay.
CREATE TABLE measured (
    id BLOB PRIMARY KEY,
    region TEXT NOT NULL,
    indicator TEXT NOT NULL,
    kind TEXT NOT NULL,
    first TEXT NOT NULL,
    last TEXT NOT NULL,
    revision BIGINT NOT NULL,
    newest BOOLEAN NOT NULL,
    origin TEXT NOT NULL,
    official BOOLEAN NOT NULL,
    cut_off BIGINT NOT NULL,
    release BLOB,
    ruleset BLOB,
    set_digest BLOB,
    source TEXT,
    source_date TEXT,
    digest BLOB NOT NULL,
    made_by TEXT NOT NULL,
    at BIGINT NOT NULL,
    -- When the same result was last found again.
    confirmed_at BIGINT NOT NULL,
    UNIQUE (region, indicator, kind, first, last, revision)
);
CREATE TABLE measurement (
    measured BLOB NOT NULL,
    part BIGINT NOT NULL,
    breakdown TEXT NOT NULL,
    value DOUBLE PRECISION,
    numerator DOUBLE PRECISION NOT NULL,
    denominator DOUBLE PRECISION,
    excluded BIGINT NOT NULL,
    PRIMARY KEY (measured, part)
);
CREATE TABLE indicator_target (
    region TEXT NOT NULL,
    indicator TEXT NOT NULL,
    breakdown TEXT NOT NULL,
    kind TEXT NOT NULL,
    first TEXT NOT NULL,
    last TEXT NOT NULL,
    value DOUBLE PRECISION NOT NULL,
    set_by TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (region, indicator, breakdown, kind, first, last)
);
CREATE TABLE passport (
    id BLOB PRIMARY KEY,
    region TEXT NOT NULL,
    indicator TEXT NOT NULL,
    state TEXT NOT NULL,
    content TEXT NOT NULL,
    digest BLOB NOT NULL,
    release BLOB NOT NULL,
    author TEXT NOT NULL,
    agreed_by TEXT,
    approved_by TEXT,
    approved_at BIGINT,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX passport_region ON passport (region, indicator);
-- One passport of an indicator is active at a time.
CREATE UNIQUE INDEX passport_active ON passport (region, indicator) WHERE state = 'active';
CREATE TABLE passport_step (
    id BLOB PRIMARY KEY,
    passport BLOB NOT NULL,
    region TEXT NOT NULL,
    step TEXT NOT NULL,
    state TEXT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT,
    digest BLOB NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX passport_step_passport ON passport_step (passport);
-- Blocks whose share of `other` is over the threshold (clause 20).
CREATE TABLE decomposition (
    id BLOB PRIMARY KEY,
    region TEXT NOT NULL,
    block TEXT NOT NULL,
    first TEXT NOT NULL,
    last TEXT NOT NULL,
    share DOUBLE PRECISION NOT NULL,
    threshold DOUBLE PRECISION NOT NULL,
    state TEXT NOT NULL,
    report TEXT NOT NULL,
    closed_by TEXT,
    reason TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX decomposition_open ON decomposition (region, block) WHERE state = 'open';
