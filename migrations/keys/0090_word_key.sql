-- The key under which words of sealed texts are hashed, so that a search finds them. One for all subjects, made by `daybook
-- migrate` once and never changed: with another one nothing that was hashed before would be found. It is here and nowhere
-- else: who has it beside a copy of the read models can test whether a reason holds a word that he guesses.
CREATE TABLE keys.word_key (
    only_one boolean     PRIMARY KEY DEFAULT true CHECK (only_one),
    -- 32 bytes.
    key      bytea       NOT NULL CHECK (octet_length(key) = 32),
    made_at  timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT ON keys.word_key TO daybook_projector, daybook_query;

-- Who is forgotten: projectors ask for all of them when they start.
CREATE INDEX subjects_destroyed ON keys.subjects (subject_id) WHERE key IS NULL;
