-- What redaction does to the findings of a static policy; without a word as its category and
-- severity have it.
ALTER TABLE policies ADD COLUMN redaction_strategy TEXT CHECK (redaction_strategy IS NULL OR
  redaction_strategy IN ('partial', 'mask', 'tokenize', 'hash', 'remove', 'remove_statement'));
