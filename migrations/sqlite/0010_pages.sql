-- Search: stems of what an appeal says, personal data masked. Who writes an appeal only notes it here; a chore of the app makes
-- the stems later, so that an import does not wait for them.
CREATE VIRTUAL TABLE appeal_search USING fts5(appeal_id UNINDEXED, words, tokenize = "unicode61 remove_diacritics 0");
CREATE TABLE search_pending (
    appeal_id BLOB PRIMARY KEY,
    -- Whether the appeal stands in the index already.
    again BOOLEAN NOT NULL
) WITHOUT ROWID;
INSERT INTO search_pending (appeal_id, again) SELECT id, FALSE FROM appeal;
CREATE TRIGGER appeal_is_searched AFTER INSERT ON appeal BEGIN
    INSERT INTO search_pending (appeal_id, again) VALUES (NEW.id, FALSE);
END;
CREATE TRIGGER search_follows_content AFTER UPDATE OF content ON appeal BEGIN
    INSERT INTO search_pending (appeal_id, again) VALUES (NEW.id, TRUE) ON CONFLICT DO NOTHING;
END;
-- What the queue counts and filters by.
DROP INDEX question_state;
CREATE INDEX question_counts ON question (region, state, category, needs_review, next_due);
CREATE INDEX question_review ON question (region, appeal_id) WHERE needs_review;
CREATE INDEX question_due ON question (region, next_due, appeal_id) WHERE state NOT IN ('answered', 'closed');
CREATE INDEX question_body ON question (region, body, appeal_id);
-- Other appeals of one address.
CREATE INDEX fact_address ON fact (region, address, appeal_id) WHERE address IS NOT NULL;
-- Filters that somebody keeps for themselves.
CREATE TABLE queue_view (
    account_id BLOB NOT NULL,
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    query TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, region, name)
);
-- Answers in preparation. An answer that was given is an event.
CREATE TABLE answer_draft (
    appeal_id BLOB NOT NULL,
    question BIGINT NOT NULL,
    region TEXT NOT NULL,
    text TEXT NOT NULL,
    in_substance BOOLEAN,
    author TEXT NOT NULL,
    version BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (appeal_id, question)
);
