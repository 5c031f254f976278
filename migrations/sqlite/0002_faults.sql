-- What the author of a plug-in sees of a fault beside the decision: functions on the stack, last log lines, masked.
CREATE TABLE fault (
    decision_id BLOB PRIMARY KEY,
    region TEXT NOT NULL,
    binding TEXT NOT NULL,
    trace TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX fault_binding ON fault (region, binding, at);
-- Bindings that are left out of a block; an empty block is the whole region.
CREATE TABLE quarantine (
    region TEXT NOT NULL,
    binding TEXT NOT NULL,
    release BLOB NOT NULL,
    block TEXT NOT NULL,
    since BIGINT NOT NULL,
    trial_at BIGINT NOT NULL,
    pause_s BIGINT NOT NULL,
    cause TEXT NOT NULL,
    PRIMARY KEY (region, binding, release, block)
);
CREATE TABLE quarantine_event (
    id BLOB PRIMARY KEY,
    region TEXT NOT NULL,
    binding TEXT NOT NULL,
    block TEXT NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT,
    detail TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX quarantine_event_region ON quarantine_event (region, at);
