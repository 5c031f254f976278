-- The last moment for the answer, told by whoever writes the clocks: a trigger that looks for it in their text costs a quarter of
-- an import.
ALTER TABLE question ADD COLUMN answer_due BIGINT;
UPDATE question SET answer_due = answer_due(clocks);
CREATE OR REPLACE FUNCTION question_is_a_fact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO fact (appeal_id, question, region, received_at, channel, regime, municipality, address, category, body, first_body,
        by_person, confidence, state, rule_due_at, due_at, repeated)
    SELECT NEW.appeal_id, NEW.question, NEW.region, a.received_at, a.channel, a.regime, a.municipality,
        a.content::jsonb #>> '{place,address}', NEW.category, NEW.body,
        CASE WHEN NEW.body_source <> 'person' THEN NEW.body END, COALESCE(NEW.body_source, '') = 'person', NEW.confidence, NEW.state,
        NEW.answer_due, NEW.answer_due, COALESCE(a.content::jsonb #>> '{attributes,repeated}', '') IN ('true', 'yes', 'да', 'Да')
    FROM appeal a WHERE a.id = NEW.appeal_id;
    RETURN NULL;
END;
$$;
CREATE OR REPLACE FUNCTION fact_follows_question() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE fact SET state = NEW.state, category = NEW.category, confidence = NEW.confidence,
        by_person = by_person OR (NEW.body IS DISTINCT FROM OLD.body AND COALESCE(NEW.body_source, '') = 'person'),
        body = NEW.body
    WHERE appeal_id = NEW.appeal_id AND question = NEW.question;
    IF NEW.answer_due IS DISTINCT FROM OLD.answer_due THEN
        UPDATE fact SET rule_due_at = NEW.answer_due,
            due_at = CASE WHEN extended THEN due_at ELSE NEW.answer_due END
        WHERE appeal_id = NEW.appeal_id AND question = NEW.question;
    END IF;
    RETURN NULL;
END;
$$;
DROP TRIGGER fact_follows_question ON question;
CREATE TRIGGER fact_follows_question AFTER UPDATE OF state, category, body, body_source, confidence, answer_due ON question
    FOR EACH ROW EXECUTE FUNCTION fact_follows_question();
DROP FUNCTION answer_due(TEXT);
