-- What a generation that is kept cannot know: it stood still when later decisions of operators were made. The version of
-- the stream `projection-<name>` when it was replaced.
ALTER TABLE read.generations ADD COLUMN decided_version bigint NOT NULL DEFAULT 0;
