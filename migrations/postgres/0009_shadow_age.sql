-- Shadow decisions are deleted by age.
CREATE INDEX shadow_at ON shadow (at);
