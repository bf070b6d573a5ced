SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

CREATE SCHEMA keys;

ALTER SCHEMA keys OWNER TO postgres;

CREATE FUNCTION keys.refuse_replacement() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'the key of subject % is destroyed or stays as it is', OLD.subject_id
        USING ERRCODE = 'insufficient_privilege';
END
$$;

ALTER FUNCTION keys.refuse_replacement() OWNER TO postgres;

CREATE FUNCTION keys.refuse_revival() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'the key of subject % was destroyed, and none can take its place', OLD.subject_id;
END
$$;

ALTER FUNCTION keys.refuse_revival() OWNER TO postgres;

SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE TABLE keys.migrations (
    version bigint NOT NULL,
    description text NOT NULL,
    installed_on timestamp with time zone DEFAULT now() NOT NULL,
    success boolean NOT NULL,
    checksum bytea NOT NULL,
    execution_time bigint NOT NULL
);

ALTER TABLE keys.migrations OWNER TO postgres;

CREATE TABLE keys.subjects (
    subject_id text NOT NULL COLLATE pg_catalog."C",
    key bytea,
    made_at timestamp with time zone DEFAULT now() NOT NULL,
    destroyed_at timestamp with time zone,
    CONSTRAINT subjects_check CHECK (((key IS NULL) = (destroyed_at IS NOT NULL))),
    CONSTRAINT subjects_key_check CHECK ((octet_length(key) = 32))
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='0');

ALTER TABLE keys.subjects OWNER TO postgres;

CREATE TABLE keys.word_key (
    only_one boolean DEFAULT true NOT NULL,
    key bytea NOT NULL,
    made_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT word_key_key_check CHECK ((octet_length(key) = 32)),
    CONSTRAINT word_key_only_one_check CHECK (only_one)
);

ALTER TABLE keys.word_key OWNER TO postgres;

INSERT INTO keys.migrations VALUES
	(1, 'roles', '2026-11-29 02:55:54.20729+00', true, '\x4ddd371021ddc6f220841f08adf46832a055c271512954cde3d89685eb46bb22506e683d75e6579be3a3cd7beff3ce4f', 12471313),
	(2, 'subjects', '2026-11-29 02:55:54.20729+00', true, '\xac851ef8b69836978af059fe35ab4012af13796ac921a336d9b5a8651b3c914505970ea1c542653d973d5fbdc524ad79', 24273511),
	(60, 'no scratch', '2026-11-29 02:55:54.20729+00', true, '\xbb299e68bb59d4856b3fa4447e0c941eee943661c19d34d52238c0e378eaed5138efd2c66afeb8d47e136ff750ea658e', 7035691),
	(61, 'keys are not replaced', '2026-11-29 02:55:54.20729+00', true, '\x49048afdcedc30f6a68a109f4967c0ac0e2685c26009288cd432d45347f59ce38c92e38d96e44e86b8ba22923ba2109c', 1621271),
	(90, 'word key', '2026-11-29 02:55:54.20729+00', true, '\xa8a6d9a5958fcdf0af57e3620aaae17794c765f7b2e96c52734d9b0495dc8df5d6d7ecc28081ef8032c23b35b5a0bf63', 34898990);

INSERT INTO keys.subjects VALUES
	('alice', '\x42c21bdcacc8368f8ad330e37ed675015c33d242ab02cb4dead130c9f3c893b0', '2026-11-29 02:55:58.852829+00', NULL),
	('bob', '\xcc1701dea425649cc3755a06f8f9a79cd2ff23809d836080e1fd9ed67c07eeac', '2026-11-29 02:55:58.905676+00', NULL),
	('carol', '\x87017e4879dade9cce1f4b9b8ca23f3577bce29df3fe1012d21bfd4a08dc02b4', '2026-11-29 02:55:58.94533+00', NULL),
	('dave', NULL, '2026-11-29 02:55:59.203518+00', '2026-11-29 02:56:09.754355+00');

INSERT INTO keys.word_key VALUES
	(true, '\x8174c5076133e0cc4bda978814f783c26e738405167bec1006926bef1a6b07ce', '2026-11-29 02:55:54.20729+00');

ALTER TABLE ONLY keys.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (version);

ALTER TABLE ONLY keys.subjects
    ADD CONSTRAINT subjects_pkey PRIMARY KEY (subject_id);

ALTER TABLE ONLY keys.word_key
    ADD CONSTRAINT word_key_pkey PRIMARY KEY (only_one);

CREATE INDEX subjects_destroyed ON keys.subjects USING btree (subject_id) WHERE (key IS NULL);

CREATE TRIGGER no_replacement BEFORE UPDATE ON keys.subjects FOR EACH ROW WHEN (((old.key IS NOT NULL) AND ((new.key IS NOT NULL) OR (new.subject_id <> old.subject_id)))) EXECUTE FUNCTION keys.refuse_replacement();

ALTER TABLE keys.subjects ENABLE ALWAYS TRIGGER no_replacement;

CREATE TRIGGER no_revival BEFORE UPDATE ON keys.subjects FOR EACH ROW WHEN ((old.key IS NULL)) EXECUTE FUNCTION keys.refuse_revival();

ALTER TABLE keys.subjects ENABLE ALWAYS TRIGGER no_revival;

GRANT USAGE ON SCHEMA keys TO daybook_command;
GRANT USAGE ON SCHEMA keys TO daybook_projector;
GRANT USAGE ON SCHEMA keys TO daybook_query;

GRANT SELECT,INSERT ON TABLE keys.subjects TO daybook_command;
GRANT SELECT ON TABLE keys.subjects TO daybook_projector;
GRANT SELECT ON TABLE keys.subjects TO daybook_query;

GRANT UPDATE(key) ON TABLE keys.subjects TO daybook_command;

GRANT UPDATE(destroyed_at) ON TABLE keys.subjects TO daybook_command;

GRANT SELECT ON TABLE keys.word_key TO daybook_projector;
GRANT SELECT ON TABLE keys.word_key TO daybook_query;

