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

CREATE SCHEMA log;

ALTER SCHEMA log OWNER TO postgres;

CREATE SCHEMA proof;

ALTER SCHEMA proof OWNER TO postgres;

CREATE SCHEMA read;

ALTER SCHEMA read OWNER TO postgres;

CREATE FUNCTION log.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION '% on %.% is refused: the log is append-only', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;

ALTER FUNCTION log.refuse_change() OWNER TO postgres;

CREATE FUNCTION proof.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION '% on %.% is refused: signed checkpoints are append-only', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;

ALTER FUNCTION proof.refuse_change() OWNER TO postgres;

SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE TABLE log.commands (
    command_id text NOT NULL COLLATE pg_catalog."C",
    first_position bigint NOT NULL,
    event_count integer NOT NULL,
    content_hash bytea NOT NULL,
    CONSTRAINT commands_event_count_check CHECK ((event_count > 0))
)
WITH (autovacuum_freeze_min_age='0', autovacuum_vacuum_insert_scale_factor='0.05');

ALTER TABLE log.commands OWNER TO postgres;

CREATE TABLE log.events (
    "position" bigint NOT NULL,
    prev_position bigint NOT NULL,
    version bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    event_id uuid NOT NULL,
    schema_version integer NOT NULL,
    partition smallint NOT NULL,
    stream_id text NOT NULL COLLATE pg_catalog."C",
    stream_type text NOT NULL COLLATE pg_catalog."C",
    event_type text NOT NULL COLLATE pg_catalog."C",
    data json NOT NULL,
    metadata json NOT NULL
)
WITH (autovacuum_freeze_min_age='0', autovacuum_vacuum_insert_scale_factor='0.05', autovacuum_analyze_scale_factor='0.05');

ALTER TABLE log.events OWNER TO postgres;

CREATE TABLE log.head (
    "position" bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    partition_positions bigint[] NOT NULL,
    CONSTRAINT head_position_check CHECK (("position" >= 0))
)
WITH (fillfactor='10', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_cost_delay='0');

ALTER TABLE log.head OWNER TO postgres;

CREATE TABLE log.identity (
    log_id uuid NOT NULL,
    partition_count smallint NOT NULL,
    created_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    only_row boolean DEFAULT true NOT NULL,
    CONSTRAINT identity_only_row_check CHECK (only_row),
    CONSTRAINT identity_partition_count_check CHECK (((partition_count >= 1) AND (partition_count <= 1024)))
);

ALTER TABLE log.identity OWNER TO postgres;

CREATE TABLE log.migrations (
    version bigint NOT NULL,
    description text NOT NULL,
    installed_on timestamp with time zone DEFAULT now() NOT NULL,
    success boolean NOT NULL,
    checksum bytea NOT NULL,
    execution_time bigint NOT NULL
);

ALTER TABLE log.migrations OWNER TO postgres;

CREATE TABLE log.past_snapshots (
    stream_id text NOT NULL COLLATE pg_catalog."C",
    mark bigint NOT NULL,
    version bigint NOT NULL,
    fingerprint integer NOT NULL,
    state json NOT NULL
);

ALTER TABLE log.past_snapshots OWNER TO postgres;

CREATE TABLE log.snapshots (
    stream_id text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    fingerprint integer NOT NULL,
    state json NOT NULL
)
WITH (fillfactor='70');

ALTER TABLE log.snapshots OWNER TO postgres;

CREATE TABLE log.write_probe (
    filler text NOT NULL
);
ALTER TABLE ONLY log.write_probe ALTER COLUMN filler SET STORAGE PLAIN;

ALTER TABLE log.write_probe OWNER TO postgres;

CREATE TABLE proof.checkpoints (
    origin text NOT NULL COLLATE pg_catalog."C",
    size bigint NOT NULL,
    key_id bigint NOT NULL,
    signed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    note text NOT NULL,
    CONSTRAINT checkpoints_size_check CHECK ((size > 0))
);

ALTER TABLE proof.checkpoints OWNER TO postgres;

CREATE TABLE proof.migrations (
    version bigint NOT NULL,
    description text NOT NULL,
    installed_on timestamp with time zone DEFAULT now() NOT NULL,
    success boolean NOT NULL,
    checksum bytea NOT NULL,
    execution_time bigint NOT NULL
);

ALTER TABLE proof.migrations OWNER TO postgres;

CREATE TABLE proof.tiles (
    origin text NOT NULL COLLATE pg_catalog."C",
    level smallint NOT NULL,
    index bigint NOT NULL,
    hashes bytea NOT NULL,
    CONSTRAINT tiles_hashes_check CHECK ((((length(hashes) >= 32) AND (length(hashes) <= 8192)) AND ((length(hashes) % 32) = 0)))
);
ALTER TABLE ONLY proof.tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;

ALTER TABLE proof.tiles OWNER TO postgres;

CREATE TABLE proof.trees (
    origin text NOT NULL COLLATE pg_catalog."C",
    log_id uuid NOT NULL,
    size bigint DEFAULT 0 NOT NULL,
    CONSTRAINT trees_size_check CHECK ((size >= 0))
)
WITH (fillfactor='50', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_scale_factor='0');

ALTER TABLE proof.trees OWNER TO postgres;

CREATE TABLE read.account_entries_1 (
    account_id text NOT NULL COLLATE pg_catalog."C",
    recorded_at timestamp with time zone NOT NULL,
    version bigint NOT NULL,
    "position" bigint NOT NULL,
    partition smallint NOT NULL,
    kind text NOT NULL,
    amount bigint NOT NULL,
    balance bigint NOT NULL,
    currency text NOT NULL,
    counterparty text,
    transfer_id text,
    actor text NOT NULL,
    reason text,
    correlation_id text NOT NULL,
    subject_id text COLLATE pg_catalog."C",
    command_id text COLLATE pg_catalog."C",
    account_hash bigint GENERATED ALWAYS AS (hashtextextended(account_id, (0)::bigint)) STORED NOT NULL
);

ALTER TABLE read.account_entries_1 OWNER TO daybook_projector;

CREATE TABLE read.accounts_1 (
    account_id text NOT NULL COLLATE pg_catalog."C",
    partition smallint NOT NULL,
    owner text NOT NULL,
    currency text NOT NULL,
    balance bigint NOT NULL,
    held bigint NOT NULL,
    overdraft_limit bigint NOT NULL,
    status text NOT NULL,
    version bigint NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    subject_id text COLLATE pg_catalog."C",
    command_id text COLLATE pg_catalog."C"
)
WITH (fillfactor='70');

ALTER TABLE read.accounts_1 OWNER TO daybook_projector;

CREATE TABLE read.audit_1 (
    "position" bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    version bigint NOT NULL,
    amount bigint,
    event_id uuid NOT NULL,
    partition smallint NOT NULL,
    magnitude smallint,
    stream_id text NOT NULL COLLATE pg_catalog."C",
    event_type text NOT NULL COLLATE pg_catalog."C",
    actor text NOT NULL COLLATE pg_catalog."C",
    correlation_id text NOT NULL COLLATE pg_catalog."C",
    causation_id text COLLATE pg_catalog."C",
    command_id text COLLATE pg_catalog."C",
    currency text,
    ip text,
    reason text,
    words bigint[],
    subject_id text COLLATE pg_catalog."C"
);

ALTER TABLE read.audit_1 OWNER TO daybook_projector;

CREATE TABLE read.checkpoints (
    projection text NOT NULL COLLATE pg_catalog."C",
    generation integer NOT NULL,
    partition smallint NOT NULL,
    "position" bigint DEFAULT 0 NOT NULL,
    applied_position bigint DEFAULT 0 NOT NULL,
    applied_event_id uuid,
    retired boolean DEFAULT false NOT NULL,
    stopped_cause text,
    stopped_position bigint,
    stopped_event_id uuid,
    stopped_error text,
    stopped_since timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    stopped_version bigint DEFAULT 0 NOT NULL
)
WITH (fillfactor='20', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_scale_factor='0');

ALTER TABLE read.checkpoints OWNER TO postgres;

CREATE TABLE read.daily_activity_1 (
    day date NOT NULL,
    currency text NOT NULL,
    kind text NOT NULL,
    partition smallint NOT NULL,
    count bigint NOT NULL,
    volume numeric NOT NULL
)
WITH (fillfactor='70');

ALTER TABLE read.daily_activity_1 OWNER TO daybook_projector;

CREATE TABLE read.generations (
    projection text NOT NULL COLLATE pg_catalog."C",
    generation integer NOT NULL,
    version integer NOT NULL,
    state text NOT NULL,
    since timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    from_position bigint DEFAULT 0 NOT NULL,
    builder_pid integer,
    builder_started timestamp with time zone,
    phase text,
    events_done bigint,
    events_total bigint,
    CONSTRAINT generations_generation_check CHECK ((generation > 0)),
    CONSTRAINT generations_state_check CHECK ((state = ANY (ARRAY['building'::text, 'current'::text, 'kept'::text, 'retired'::text, 'dropped'::text])))
);

ALTER TABLE read.generations OWNER TO postgres;

CREATE TABLE read.instances (
    projector_group text NOT NULL COLLATE pg_catalog."C",
    instance text NOT NULL COLLATE pg_catalog."C",
    projections text[] NOT NULL,
    joined_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    beat_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    lease interval DEFAULT '00:00:03'::interval NOT NULL,
    session_pid integer
)
WITH (fillfactor='50', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_scale_factor='0');

ALTER TABLE read.instances OWNER TO postgres;

CREATE TABLE read.leases (
    projector_group text NOT NULL COLLATE pg_catalog."C",
    partition smallint NOT NULL,
    instance text NOT NULL COLLATE pg_catalog."C",
    claimed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE read.leases OWNER TO postgres;

CREATE VIEW read.live_instances AS
 SELECT instances.projector_group,
    instances.instance,
    instances.projections,
    instances.joined_at,
    instances.beat_at
   FROM read.instances
  WHERE (((instances.beat_at + instances.lease) >= clock_timestamp()) AND ((instances.session_pid IS NULL) OR ((instances.beat_at + '00:00:01'::interval) >= clock_timestamp()) OR (EXISTS ( SELECT
           FROM pg_stat_activity
          WHERE (pg_stat_activity.pid = instances.session_pid)))));

ALTER TABLE read.live_instances OWNER TO postgres;

CREATE TABLE read.migrations (
    version bigint NOT NULL,
    description text NOT NULL,
    installed_on timestamp with time zone DEFAULT now() NOT NULL,
    success boolean NOT NULL,
    checksum bytea NOT NULL,
    execution_time bigint NOT NULL
);

ALTER TABLE read.migrations OWNER TO postgres;

CREATE TABLE read.posting_totals_1 (
    block bigint NOT NULL,
    currency text NOT NULL,
    account text NOT NULL,
    partition smallint NOT NULL,
    debits numeric NOT NULL,
    credits numeric NOT NULL
)
WITH (fillfactor='70');

ALTER TABLE read.posting_totals_1 OWNER TO daybook_projector;

CREATE TABLE read.postings_1 (
    "position" bigint NOT NULL,
    amount bigint NOT NULL,
    partition smallint NOT NULL,
    currency text NOT NULL,
    debit text NOT NULL,
    credit text NOT NULL
);

ALTER TABLE read.postings_1 OWNER TO daybook_projector;

CREATE TABLE read.projections (
    projection text NOT NULL COLLATE pg_catalog."C",
    generation integer NOT NULL,
    version integer NOT NULL,
    CONSTRAINT projections_generation_check CHECK ((generation > 0))
);

ALTER TABLE read.projections OWNER TO postgres;

CREATE VIEW read.running_builds AS
 SELECT g.projection,
    g.generation,
    g.phase,
    g.events_done,
    g.events_total
   FROM (read.generations g
     JOIN pg_stat_activity a ON (((a.pid = g.builder_pid) AND COALESCE((a.backend_start = g.builder_started), (a.application_name = 'daybook-rebuild'::text)))))
  WHERE (g.state = ANY (ARRAY['building'::text, 'kept'::text]));

ALTER TABLE read.running_builds OWNER TO postgres;

CREATE TABLE read.transfers_1 (
    transfer_id text NOT NULL COLLATE pg_catalog."C",
    partition smallint NOT NULL,
    source_account_id text NOT NULL COLLATE pg_catalog."C",
    destination_account_id text NOT NULL COLLATE pg_catalog."C",
    amount bigint NOT NULL,
    currency text NOT NULL,
    status text NOT NULL,
    approval_required boolean NOT NULL,
    version bigint NOT NULL,
    initiated_position bigint NOT NULL,
    steps jsonb NOT NULL
)
WITH (fillfactor='70');

ALTER TABLE read.transfers_1 OWNER TO daybook_projector;

INSERT INTO log.commands VALUES
	('open-alice', 1, 1, '\x12f0ab3318027438284fca1bcc50483a831bde39efa2ef2c6d635bb8b5d8841a'),
	('open-bob', 2, 1, '\xe97cca8cb470118fc0855c19e13c4ecf9613b6d30133707aeed81bd7dee6187a'),
	('open-carol', 3, 1, '\x57e2d9fe7531a3434f3720fd8ea7fb9a7548f986b008aed2110b1785cc661539'),
	('open-dave', 4, 1, '\xe2cc7a3d2ad96dfce512063d522201a664370f9462e2763a218c958ce4289165'),
	('deposit-alice', 5, 1, '\x2d96704755ba14ed9d5c518788ebc8d2b9e4a904fa8069e2e85f3242ebf2fe17'),
	('deposit-bob', 6, 1, '\xed88fa7b842301548e046c14aa1214dfbbf55924207333a1a0e189f82930cc67'),
	('accept-time', 7, 1, '\x351e1cadd1cf3aed0dbf5ba6a67d98d9b6c1004c7a77070f34205acae4f747e5'),
	('deposit-dave', 8, 1, '\xfee913fcd0385869f9f92326131d41dbbdf7fd5c0c2212a8038e13e3e22c755b'),
	('withdraw-alice', 9, 1, '\x826d3ddee9c3f5e52c92d6098894e2365d6090230898faafcb3efc27c66637eb'),
	('fee-alice', 10, 1, '\xbd791cbdaeda0ca66c08749c07e6f22a262124ed74c2f382c9f00beeb625d123'),
	('refund-alice', 11, 1, '\x38473d6bbd8bd0f526b467f0c1002fccab926a743e5bb5fd68225969679a9408'),
	('freeze-bob', 12, 1, '\x5caf482143ff7daa0a3cdc69316d2a5ddc4c2758656d7d71b86301a99bc086f2'),
	('unfreeze-bob', 13, 1, '\x735b465021300accffe740bfc43c66ff5e6992eceead3cf765a9968d1aa30d2c'),
	('close-carol', 14, 1, '\x62cf9cae1eea38976770c1b1c051028e14ced8ee06a0318045ad2ff8eb2368af'),
	('initiate-executed', 15, 2, '\x6519c57d3f0a8d0b005297211d18afb404523a36eee776fa5a0220b6d5512de4'),
	('approve-executed', 17, 1, '\x1a411dace3e150d5e9f1f9f731dec49f829acf87a5ff8eac26a8ec8a499bebc7'),
	('execute-executed', 18, 4, '\x1a346126187e388482d86e909a3214c688f6f7ce126ce826f5511bb185c5fc5e'),
	('initiate-rejected', 22, 2, '\xd1fa8e98a4486f2a41307b672dd892772df14325745e982348d5e3529f2927bd'),
	('reject-rejected', 24, 2, '\x4ce98ca50241f291bbb71160fc6c9d4d39cbd5ef5ef9c52b61a168ef02d5462d'),
	('initiate-cancelled', 26, 2, '\xd9402c18a4ed05dced88c1e704b5752c51e002e16874dc993a8c20b5c2b0579a'),
	('approve-cancelled', 28, 1, '\xa11359f1279be9e0003823de2d5ec60547d1fbfa3664799f227bfa28eabfeb54'),
	('cancel-cancelled', 29, 2, '\xca1e7f183b45e1911be30565b499b0ec286766d38b2fd4d89dff7fec9f7c0515'),
	('initiate-small', 31, 2, '\xfd65b406d3291fad5947c470997bbee69acd07a44d35aabbf6712272ba0c6431'),
	('initiate-open', 33, 2, '\x465134da809f43a569ba293b4528b1204292051fa83e47ae69302543629e6ff7'),
	('skip', 35, 1, '\x6c3637114e1f9c219d465d43b9e266baed95ac6e944397ce6db25ee15737be14'),
	('retry', 36, 1, '\x43ca2de619b46de94b35e71cfc2d1b8dccbfd5f18ce13fcc877233202392f814'),
	('forget-dave', 37, 1, '\xd823531ddb34ff65f9e0319ee8fa8ce08582969a2c7870a24293821060efd056'),
	('01a2253b-4025-70ab-8f5c-dd8bd278ed60', 38, 17, '\xa0ec69cc60e6ffcbe6bf852bd3d2d21e8433d7309bae0019047dfeff71c613b0');

INSERT INTO log.events VALUES
	(1, 0, 1, '2026-11-29 02:55:58.873845+00', '01a2253b-1597-77d5-9738-a3e97757cfa0', 1, 5, 'account-alice', 'account', 'account-opened', '{"owner":{"sealed":{"subject":"alice","text":"dsCeD+kdC0Ex3vD4BvSf5LIMTidwLBeL9fZ1Efp0iqJAc9SMCmvydQ=="}},"currency":"USD","overdraft_limit":5000}', '{"actor":"registry","correlation_id":"order-77","causation_id":"invoice-78","command_id":"open-alice","reason":{"sealed":{"subject":"alice","text":"pZmARtWS1BzhuoZ/WalHAdrf8v41ETmH4HqG2z2CxJ2JEkzFtgrpsA=="}},"ip":"127.0.0.1"}'),
	(2, 0, 1, '2026-11-29 02:55:58.925538+00', '01a2253b-15cc-70be-b180-49d45a9a4384', 1, 2, 'account-bob', 'account', 'account-opened', '{"owner":{"sealed":{"subject":"bob","text":"Rhpve+gJrmpvfaHEymhE2ReOrq51J4V7oLf6dkw7+w=="}},"currency":"USD","overdraft_limit":0}', '{"actor":"registry","correlation_id":"order-77","causation_id":"invoice-78","command_id":"open-bob","reason":{"sealed":{"subject":"bob","text":"wdtzx7vnctvz8urTw5/P+V0JlbaZ315blgKFkLZ2TbBCHiCZXANyiA=="}},"ip":"127.0.0.1"}'),
	(3, 0, 1, '2026-11-29 02:55:59.169793+00', '01a2253b-16c1-7027-8d5f-43f7642e6047', 1, 8, 'account-carol', 'account', 'account-opened', '{"owner":{"sealed":{"subject":"carol","text":"rlgldVQBWfHsCZUQPYhp/zpFm7ta3wwbVFlwJKdxUzAb"}},"currency":"USD","overdraft_limit":0}', '{"actor":"registry","correlation_id":"order-77","causation_id":"invoice-78","command_id":"open-carol","reason":{"sealed":{"subject":"carol","text":"fhVUxX+V1cBQlCMZgekeoUOQnhVWX+8AeddvQiDeHB+l+ZHe/4cjLQ=="}},"ip":"127.0.0.1"}'),
	(4, 0, 1, '2026-11-29 02:55:59.215983+00', '01a2253b-16ef-7545-9c14-7b3dd8739e64', 1, 1, 'account-dave', 'account', 'account-opened', '{"owner":{"sealed":{"subject":"dave","text":"eI0S1LFkzT5H7ThlrQTgws5N3Dajy3YruYkn34IV4C8="}},"currency":"USD","overdraft_limit":0}', '{"actor":"registry","correlation_id":"order-77","causation_id":"invoice-78","command_id":"open-dave","reason":{"sealed":{"subject":"dave","text":"Xrl5DC8KyPfxceAeL9CtJMYpboCG4Jcphj4ubJPLl6zVc6gqBbZ5ew=="}},"ip":"127.0.0.1"}'),
	(5, 1, 2, '2026-11-29 02:55:59.233637+00', '01a2253b-1701-7308-a277-9ff045b8a98e', 1, 5, 'account-alice', 'account', 'money-deposited', '{"amount":{"minor_units":250000,"currency":"USD"},"balance":250000}', '{"actor":"teller","correlation_id":"order-77","causation_id":"invoice-78","command_id":"deposit-alice","reason":{"sealed":{"subject":"alice","text":"k6k1gJ+tgqC4A9g+z3asdS6Du2ls+esu4Nz4rIXrbl0nng=="}},"ip":"127.0.0.1"}'),
	(6, 2, 2, '2026-11-29 02:56:07.245062+00', '01a2253b-170b-7061-80ec-1546c32bce80', 1, 2, 'account-bob', 'account', 'money-deposited', '{"amount":{"minor_units":10000,"currency":"USD"},"balance":10000}', '{"actor":"teller","correlation_id":"order-77","causation_id":"invoice-78","command_id":"deposit-bob","ip":"127.0.0.1"}'),
	(7, 6, 1, '2026-11-29 02:56:07.245062+00', '01a2253b-1acd-769a-a5e9-60c20595ed2e', 1, 2, 'clock-log', 'clock', 'clock-time-accepted', '{"position":6,"recorded_at":"2026-11-29T02:56:07.245062Z","accepted_at":"2026-11-29T02:56:00.205390894Z"}', '{"actor":"olga","correlation_id":"accept-time","command_id":"accept-time","reason":{"plain":"the clock was set wrong"},"ip":"127.0.0.1"}'),
	(8, 4, 2, '2026-11-29 02:56:09.262317+00', '01a2253b-3e29-7050-8143-bf952cc4796a', 1, 1, 'account-dave', 'account', 'money-deposited', '{"amount":{"minor_units":777,"currency":"USD"},"balance":777}', '{"actor":"teller","correlation_id":"order-77","causation_id":"invoice-78","command_id":"deposit-dave","reason":{"sealed":{"subject":"dave","text":"rSONEHnYAbwEJ0vUSepep3U/9x7zeiGOWq5pVq0HFrQhhMBT/7wH"}},"ip":"127.0.0.1"}'),
	(9, 5, 3, '2026-11-29 02:56:09.290295+00', '01a2253b-3e46-7472-aa2c-20428952555b', 1, 5, 'account-alice', 'account', 'money-withdrawn', '{"amount":{"minor_units":1250,"currency":"USD"},"balance":248750}', '{"actor":"teller","correlation_id":"order-77","causation_id":"invoice-78","command_id":"withdraw-alice","ip":"127.0.0.1"}'),
	(10, 9, 4, '2026-11-29 02:56:09.313223+00', '01a2253b-3e60-762e-b461-50d759d1401c', 1, 5, 'account-alice', 'account', 'fee-charged', '{"amount":{"minor_units":99,"currency":"USD"},"balance":248651}', '{"actor":"billing","correlation_id":"order-77","causation_id":"invoice-78","command_id":"fee-alice","ip":"127.0.0.1"}'),
	(11, 10, 5, '2026-11-29 02:56:09.33479+00', '01a2253b-3e76-777e-8efc-1614dc25375c', 1, 5, 'account-alice', 'account', 'money-refunded', '{"amount":{"minor_units":500,"currency":"USD"},"customer":{"sealed":{"subject":"alice","text":"T2YjSdDIi5KdbrtZuRAHq2Ecz03ECdWH4nl/QVPN5y4="}},"balance":248151}', '{"actor":"sue","correlation_id":"order-77","causation_id":"invoice-78","command_id":"refund-alice","reason":{"sealed":{"subject":"alice","text":"o2OsJYKWkk4e6rRdhtrLIhEdJLC4bg8m8tNoNGy+VMOFLLax0bo="}},"ip":"127.0.0.1"}'),
	(12, 7, 3, '2026-11-29 02:56:09.360483+00', '01a2253b-3e8f-7175-af0b-330b34925bbb', 1, 2, 'account-bob', 'account', 'account-frozen', '{}', '{"actor":"olga","correlation_id":"order-77","causation_id":"invoice-78","command_id":"freeze-bob","reason":{"sealed":{"subject":"bob","text":"HOI/cwPmX9KpUjJZ+dWpbPzjAUNwXcAmSyfb+fgaZVekZAsUaA=="}},"ip":"127.0.0.1"}'),
	(13, 12, 4, '2026-11-29 02:56:09.377734+00', '01a2253b-3ea0-704a-bf94-9d0c1f1a8369', 1, 2, 'account-bob', 'account', 'account-unfrozen', '{}', '{"actor":"olga","correlation_id":"order-77","causation_id":"invoice-78","command_id":"unfreeze-bob","ip":"127.0.0.1"}'),
	(14, 3, 2, '2026-11-29 02:56:09.40318+00', '01a2253b-3eba-754b-b5a5-aefb1e17c072', 1, 8, 'account-carol', 'account', 'account-closed', '{}', '{"actor":"olga","correlation_id":"order-77","causation_id":"invoice-78","command_id":"close-carol","ip":"127.0.0.1"}'),
	(15, 0, 1, '2026-11-29 02:56:09.434721+00', '01a2253b-3ec8-7519-90ad-0f6f8919d971', 1, 0, 'transfer-executed', 'transfer', 'transfer-initiated', '{"source":"alice","destination":"bob","amount":{"minor_units":40000,"currency":"USD"},"initiator":"ines","approval_required":true}', '{"actor":"ines","correlation_id":"order-77","causation_id":"invoice-78","command_id":"initiate-executed","reason":{"sealed":{"subject":"alice","text":"Lbcuh8g3ErUNR298oEVtZtoU845h8XEpVIZAA/B8g3pz0PuGIjHs6g=="}},"ip":"127.0.0.1"}'),
	(16, 11, 6, '2026-11-29 02:56:09.434721+00', '01a2253b-3ec8-7519-90ad-0f709c55576b', 1, 5, 'account-alice', 'account', 'funds-held', '{"transfer_id":"executed","amount":{"minor_units":40000,"currency":"USD"},"held":40000}', '{"actor":"ines","correlation_id":"order-77","causation_id":"invoice-78","command_id":"initiate-executed","reason":{"sealed":{"subject":"alice","text":"Lbcuh8g3ErUNR298oEVtZtoU845h8XEpVIZAA/B8g3pz0PuGIjHs6g=="}},"ip":"127.0.0.1"}'),
	(17, 15, 2, '2026-11-29 02:56:09.453487+00', '01a2253b-3eea-7279-838b-edd4d6300d8b', 1, 0, 'transfer-executed', 'transfer', 'transfer-approved', '{"approver":"otto"}', '{"actor":"otto","correlation_id":"order-77","causation_id":"invoice-78","command_id":"approve-executed","reason":{"sealed":{"subject":"alice","text":"2iz6Ku4NWiJsxUVixknKEZRjzQ0MlFrZtyMWoWpFb9bMTpWU6Q=="}},"ip":"127.0.0.1"}'),
	(18, 17, 3, '2026-11-29 02:56:09.47851+00', '01a2253b-3efe-708c-8c0f-4451e12f859e', 1, 0, 'transfer-executed', 'transfer', 'transfer-executed', '{}', '{"actor":"night-run","correlation_id":"order-77","causation_id":"invoice-78","command_id":"execute-executed","ip":"127.0.0.1"}'),
	(19, 16, 7, '2026-11-29 02:56:09.47851+00', '01a2253b-3f02-74b5-b801-de0730d85219', 1, 5, 'account-alice', 'account', 'hold-released', '{"transfer_id":"executed","amount":{"minor_units":40000,"currency":"USD"},"held":0}', '{"actor":"night-run","correlation_id":"order-77","causation_id":"invoice-78","command_id":"execute-executed","ip":"127.0.0.1"}'),
	(20, 19, 8, '2026-11-29 02:56:09.47851+00', '01a2253b-3f02-74b5-b801-de08e1c7da77', 1, 5, 'account-alice', 'account', 'transfer-debited', '{"transfer_id":"executed","counterparty":"bob","amount":{"minor_units":40000,"currency":"USD"},"balance":208151}', '{"actor":"night-run","correlation_id":"order-77","causation_id":"invoice-78","command_id":"execute-executed","ip":"127.0.0.1"}'),
	(21, 13, 5, '2026-11-29 02:56:09.47851+00', '01a2253b-3f02-74b5-b801-de0906234f5d', 1, 2, 'account-bob', 'account', 'transfer-credited', '{"transfer_id":"executed","counterparty":"alice","amount":{"minor_units":40000,"currency":"USD"},"balance":50000}', '{"actor":"night-run","correlation_id":"order-77","causation_id":"invoice-78","command_id":"execute-executed","ip":"127.0.0.1"}'),
	(22, 0, 1, '2026-11-29 02:56:09.491284+00', '01a2253b-3f12-73af-9ecd-790a4e6aba6b', 1, 11, 'transfer-rejected', 'transfer', 'transfer-initiated', '{"source":"alice","destination":"bob","amount":{"minor_units":5000,"currency":"USD"},"initiator":"ines","approval_required":true}', '{"actor":"ines","correlation_id":"order-77","causation_id":"invoice-78","command_id":"initiate-rejected","reason":{"sealed":{"subject":"alice","text":"HYyvHCLxPBXnBBF5Jh7UaVPGeFW7mAG8hV2ANb48s0D0PtlrHsFlGw=="}},"ip":"127.0.0.1"}'),
	(23, 20, 9, '2026-11-29 02:56:09.491284+00', '01a2253b-3f12-73af-9ecd-790b3699a358', 1, 5, 'account-alice', 'account', 'funds-held', '{"transfer_id":"rejected","amount":{"minor_units":5000,"currency":"USD"},"held":5000}', '{"actor":"ines","correlation_id":"order-77","causation_id":"invoice-78","command_id":"initiate-rejected","reason":{"sealed":{"subject":"alice","text":"HYyvHCLxPBXnBBF5Jh7UaVPGeFW7mAG8hV2ANb48s0D0PtlrHsFlGw=="}},"ip":"127.0.0.1"}'),
	(24, 22, 2, '2026-11-29 02:56:09.507987+00', '01a2253b-3f23-741a-845c-6d6889bc84e6', 1, 11, 'transfer-rejected', 'transfer', 'transfer-rejected', '{}', '{"actor":"otto","correlation_id":"order-77","causation_id":"invoice-78","command_id":"reject-rejected","reason":{"sealed":{"subject":"alice","text":"wkbSzwccO+FoiZBJKiMd9k7KbNCs6Wb2Jxqg9DaYtiTFQmq8rw=="}},"ip":"127.0.0.1"}'),
	(25, 23, 10, '2026-11-29 02:56:09.507987+00', '01a2253b-3f23-741a-845c-6d692f4b8900', 1, 5, 'account-alice', 'account', 'hold-released', '{"transfer_id":"rejected","amount":{"minor_units":5000,"currency":"USD"},"held":0}', '{"actor":"otto","correlation_id":"order-77","causation_id":"invoice-78","command_id":"reject-rejected","reason":{"sealed":{"subject":"alice","text":"wkbSzwccO+FoiZBJKiMd9k7KbNCs6Wb2Jxqg9DaYtiTFQmq8rw=="}},"ip":"127.0.0.1"}'),
	(26, 18, 1, '2026-11-29 02:56:09.544342+00', '01a2253b-3f47-759b-8d77-2fce1d9d5f06', 1, 0, 'transfer-cancelled', 'transfer', 'transfer-initiated', '{"source":"alice","destination":"bob","amount":{"minor_units":6000,"currency":"USD"},"initiator":"ines","approval_required":true}', '{"actor":"ines","correlation_id":"order-77","causation_id":"invoice-78","command_id":"initiate-cancelled","reason":{"sealed":{"subject":"alice","text":"g6Q7t1AYaJxRCUlrAfef+xgkH6DZxHdbcZgMCUqElKXoYrXAKQ0EfA=="}},"ip":"127.0.0.1"}'),
	(27, 25, 11, '2026-11-29 02:56:09.544342+00', '01a2253b-3f47-759b-8d77-2fcfee9577ec', 1, 5, 'account-alice', 'account', 'funds-held', '{"transfer_id":"cancelled","amount":{"minor_units":6000,"currency":"USD"},"held":6000}', '{"actor":"ines","correlation_id":"order-77","causation_id":"invoice-78","command_id":"initiate-cancelled","reason":{"sealed":{"subject":"alice","text":"g6Q7t1AYaJxRCUlrAfef+xgkH6DZxHdbcZgMCUqElKXoYrXAKQ0EfA=="}},"ip":"127.0.0.1"}'),
	(28, 26, 2, '2026-11-29 02:56:09.570334+00', '01a2253b-3f5f-74dd-a98d-eb313bbf545a', 1, 0, 'transfer-cancelled', 'transfer', 'transfer-approved', '{"approver":"otto"}', '{"actor":"otto","correlation_id":"order-77","causation_id":"invoice-78","command_id":"approve-cancelled","reason":{"sealed":{"subject":"alice","text":"jY3f+9ksJQ8zM4e45b+yil0aphzRM4QQmHbf9wFRali6kghMBQ=="}},"ip":"127.0.0.1"}'),
	(29, 28, 3, '2026-11-29 02:56:09.594556+00', '01a2253b-3f78-741c-85f4-715820d6a170', 1, 0, 'transfer-cancelled', 'transfer', 'transfer-cancelled', '{}', '{"actor":"ines","correlation_id":"order-77","causation_id":"invoice-78","command_id":"cancel-cancelled","ip":"127.0.0.1"}'),
	(30, 27, 12, '2026-11-29 02:56:09.594556+00', '01a2253b-3f78-741c-85f4-7159a5deb078', 1, 5, 'account-alice', 'account', 'hold-released', '{"transfer_id":"cancelled","amount":{"minor_units":6000,"currency":"USD"},"held":0}', '{"actor":"ines","correlation_id":"order-77","causation_id":"invoice-78","command_id":"cancel-cancelled","ip":"127.0.0.1"}'),
	(31, 14, 1, '2026-11-29 02:56:09.622186+00', '01a2253b-3f8f-72fe-a4bf-f29506392f6d', 1, 8, 'transfer-small', 'transfer', 'transfer-initiated', '{"source":"alice","destination":"bob","amount":{"minor_units":400,"currency":"USD"},"initiator":"ines","approval_required":false}', '{"actor":"ines","correlation_id":"order-77","causation_id":"invoice-78","command_id":"initiate-small","reason":{"sealed":{"subject":"alice","text":"dedltKksfmc31BFHjyHW3cYRjVpUGcoFIuDPeyH2sPbW1LYCSx9beA=="}},"ip":"127.0.0.1"}'),
	(32, 30, 13, '2026-11-29 02:56:09.622186+00', '01a2253b-3f8f-72fe-a4bf-f296b58c4b56', 1, 5, 'account-alice', 'account', 'funds-held', '{"transfer_id":"small","amount":{"minor_units":400,"currency":"USD"},"held":400}', '{"actor":"ines","correlation_id":"order-77","causation_id":"invoice-78","command_id":"initiate-small","reason":{"sealed":{"subject":"alice","text":"dedltKksfmc31BFHjyHW3cYRjVpUGcoFIuDPeyH2sPbW1LYCSx9beA=="}},"ip":"127.0.0.1"}'),
	(33, 0, 1, '2026-11-29 02:56:09.646672+00', '01a2253b-3fae-7129-a390-39e0ec39cbd5', 1, 13, 'transfer-open', 'transfer', 'transfer-initiated', '{"source":"alice","destination":"bob","amount":{"minor_units":7000,"currency":"USD"},"initiator":"ines","approval_required":true}', '{"actor":"ines","correlation_id":"order-77","causation_id":"invoice-78","command_id":"initiate-open","reason":{"sealed":{"subject":"alice","text":"emdLqwsrLOkjr7qO6qRO2a0MId2r9uOZb5AspNkxuce+MOudYgYYuQ=="}},"ip":"127.0.0.1"}'),
	(34, 32, 14, '2026-11-29 02:56:09.646672+00', '01a2253b-3fae-7129-a390-39e15ce89890', 1, 5, 'account-alice', 'account', 'funds-held', '{"transfer_id":"open","amount":{"minor_units":7000,"currency":"USD"},"held":7400}', '{"actor":"ines","correlation_id":"order-77","causation_id":"invoice-78","command_id":"initiate-open","reason":{"sealed":{"subject":"alice","text":"emdLqwsrLOkjr7qO6qRO2a0MId2r9uOZb5AspNkxuce+MOudYgYYuQ=="}},"ip":"127.0.0.1"}'),
	(35, 31, 1, '2026-11-29 02:56:09.683663+00', '01a2253b-3fd1-74f0-9853-eea12a27c6b6', 1, 8, 'projection-daily_activity', 'projection', 'projection-event-skipped', '{"partition":5,"position":1}', '{"actor":"olga","correlation_id":"order-77","causation_id":"invoice-78","command_id":"skip","reason":{"plain":"booked by hand"},"ip":"127.0.0.1"}'),
	(36, 35, 2, '2026-11-29 02:56:09.704425+00', '01a2253b-3fe8-718e-89c4-c8d340b0a851', 1, 8, 'projection-daily_activity', 'projection', 'projection-retry-requested', '{"partition":5,"position":1}', '{"actor":"olga","correlation_id":"order-77","causation_id":"invoice-78","command_id":"retry","reason":{"plain":"mended"},"ip":"127.0.0.1"}'),
	(37, 0, 1, '2026-11-29 02:56:09.739339+00', '01a2253b-400a-727c-a385-0d2785f9ad27', 1, 4, 'subject-dave', 'subject', 'subject-forgotten', '{"subject_id":"dave"}', '{"actor":"dpo","correlation_id":"forget-dave","command_id":"forget-dave","reason":{"plain":"asked by letter"},"ip":"127.0.0.1"}'),
	(38, 37, 2, '2026-11-29 02:56:09.775569+00', '01a2253b-402e-750d-8944-d35cb36ba1c6', 1, 4, 'subject-dave', 'subject', 'personal-data-erased', '{"subject_id":"dave"}', '{"actor":"dpo","correlation_id":"forget-dave","causation_id":"forget-dave","command_id":"01a2253b-4025-70ab-8f5c-dd8bd278ed60","ip":"127.0.0.1"}'),
	(39, 29, 1, '2026-11-29 02:56:09.775569+00', '01a2253b-402e-750d-8944-d35d34e6432c', 1, 0, 'erasure-7', 'erasure', 'personal-data-erased', '{"subject_id":"dave"}', '{"actor":"dpo","correlation_id":"forget-dave","causation_id":"forget-dave","command_id":"01a2253b-4025-70ab-8f5c-dd8bd278ed60","ip":"127.0.0.1"}'),
	(40, 8, 1, '2026-11-29 02:56:09.775569+00', '01a2253b-402e-750d-8944-d35ead186c35', 1, 1, 'erasure-19', 'erasure', 'personal-data-erased', '{"subject_id":"dave"}', '{"actor":"dpo","correlation_id":"forget-dave","causation_id":"forget-dave","command_id":"01a2253b-4025-70ab-8f5c-dd8bd278ed60","ip":"127.0.0.1"}'),
	(41, 21, 1, '2026-11-29 02:56:09.775569+00', '01a2253b-402e-750d-8944-d35f6acc937e', 1, 2, 'erasure-1', 'erasure', 'personal-data-erased', '{"subject_id":"dave"}', '{"actor":"dpo","correlation_id":"forget-dave","causation_id":"forget-dave","command_id":"01a2253b-4025-70ab-8f5c-dd8bd278ed60","ip":"127.0.0.1"}'),
	(42, 0, 1, '2026-11-29 02:56:09.775569+00', '01a2253b-402e-750d-8944-d3601bd6f009', 1, 3, 'erasure-6', 'erasure', 'personal-data-erased', '{"subject_id":"dave"}', '{"actor":"dpo","correlation_id":"forget-dave","causation_id":"forget-dave","command_id":"01a2253b-4025-70ab-8f5c-dd8bd278ed60","ip":"127.0.0.1"}'),
	(43, 38, 1, '2026-11-29 02:56:09.775569+00', '01a2253b-402e-750d-8944-d3611a80cfd6', 1, 4, 'erasure-23', 'erasure', 'personal-data-erased', '{"subject_id":"dave"}', '{"actor":"dpo","correlation_id":"forget-dave","causation_id":"forget-dave","command_id":"01a2253b-4025-70ab-8f5c-dd8bd278ed60","ip":"127.0.0.1"}'),
	(44, 34, 1, '2026-11-29 02:56:09.775569+00', '01a2253b-402e-750d-8944-d3623d822a3c', 1, 5, 'erasure-0', 'erasure', 'personal-data-erased', '{"subject_id":"dave"}', '{"actor":"dpo","correlation_id":"forget-dave","causation_id":"forget-dave","command_id":"01a2253b-4025-70ab-8f5c-dd8bd278ed60","ip":"127.0.0.1"}'),
	(45, 0, 1, '2026-11-29 02:56:09.775569+00', '01a2253b-402e-750d-8944-d36359dfc226', 1, 6, 'erasure-5', 'erasure', 'personal-data-erased', '{"subject_id":"dave"}', '{"actor":"dpo","correlation_id":"forget-dave","causation_id":"forget-dave","command_id":"01a2253b-4025-70ab-8f5c-dd8bd278ed60","ip":"127.0.0.1"}'),
	(46, 0, 1, '2026-11-29 02:56:09.775569+00', '01a2253b-402e-750d-8944-d36461875fa0', 1, 7, 'erasure-22', 'erasure', 'personal-data-erased', '{"subject_id":"dave"}', '{"actor":"dpo","correlation_id":"forget-dave","causation_id":"forget-dave","command_id":"01a2253b-4025-70ab-8f5c-dd8bd278ed60","ip":"127.0.0.1"}'),
	(47, 36, 1, '2026-11-29 02:56:09.775569+00', '01a2253b-402e-750d-8944-d365a843ea1e', 1, 8, 'erasure-27', 'erasure', 'personal-data-erased', '{"subject_id":"dave"}', '{"actor":"dpo","correlation_id":"forget-dave","causation_id":"forget-dave","command_id":"01a2253b-4025-70ab-8f5c-dd8bd278ed60","ip":"127.0.0.1"}'),
	(48, 0, 1, '2026-11-29 02:56:09.775569+00', '01a2253b-402f-757d-9c48-5227b65aba97', 1, 9, 'erasure-4', 'erasure', 'personal-data-erased', '{"subject_id":"dave"}', '{"actor":"dpo","correlation_id":"forget-dave","causation_id":"forget-dave","command_id":"01a2253b-4025-70ab-8f5c-dd8bd278ed60","ip":"127.0.0.1"}'),
	(49, 0, 1, '2026-11-29 02:56:09.775569+00', '01a2253b-402f-757d-9c48-5228fe73d0f4', 1, 10, 'erasure-9', 'erasure', 'personal-data-erased', '{"subject_id":"dave"}', '{"actor":"dpo","correlation_id":"forget-dave","causation_id":"forget-dave","command_id":"01a2253b-4025-70ab-8f5c-dd8bd278ed60","ip":"127.0.0.1"}'),
	(50, 24, 1, '2026-11-29 02:56:09.775569+00', '01a2253b-402f-757d-9c48-52296c9ffde2', 1, 11, 'erasure-26', 'erasure', 'personal-data-erased', '{"subject_id":"dave"}', '{"actor":"dpo","correlation_id":"forget-dave","causation_id":"forget-dave","command_id":"01a2253b-4025-70ab-8f5c-dd8bd278ed60","ip":"127.0.0.1"}'),
	(51, 0, 1, '2026-11-29 02:56:09.775569+00', '01a2253b-402f-757d-9c48-522a577f33b6', 1, 12, 'erasure-3', 'erasure', 'personal-data-erased', '{"subject_id":"dave"}', '{"actor":"dpo","correlation_id":"forget-dave","causation_id":"forget-dave","command_id":"01a2253b-4025-70ab-8f5c-dd8bd278ed60","ip":"127.0.0.1"}'),
	(52, 33, 1, '2026-11-29 02:56:09.775569+00', '01a2253b-402f-757d-9c48-522b586b5ff4', 1, 13, 'erasure-8', 'erasure', 'personal-data-erased', '{"subject_id":"dave"}', '{"actor":"dpo","correlation_id":"forget-dave","causation_id":"forget-dave","command_id":"01a2253b-4025-70ab-8f5c-dd8bd278ed60","ip":"127.0.0.1"}'),
	(53, 0, 1, '2026-11-29 02:56:09.775569+00', '01a2253b-402f-757d-9c48-522cc17cd532', 1, 14, 'erasure-18', 'erasure', 'personal-data-erased', '{"subject_id":"dave"}', '{"actor":"dpo","correlation_id":"forget-dave","causation_id":"forget-dave","command_id":"01a2253b-4025-70ab-8f5c-dd8bd278ed60","ip":"127.0.0.1"}'),
	(54, 0, 1, '2026-11-29 02:56:09.775569+00', '01a2253b-402f-757d-9c48-522d8c83c33c', 1, 15, 'erasure-2', 'erasure', 'personal-data-erased', '{"subject_id":"dave"}', '{"actor":"dpo","correlation_id":"forget-dave","causation_id":"forget-dave","command_id":"01a2253b-4025-70ab-8f5c-dd8bd278ed60","ip":"127.0.0.1"}');

INSERT INTO log.head VALUES
	(54, '2026-11-29 02:56:09.775569+00', '{39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54}');

INSERT INTO log.identity VALUES
	('25e140d2-ea5e-4898-ba76-e3a89448a80c', 16, '2026-11-29 02:55:53.422247+00', true);

INSERT INTO log.migrations VALUES
	(1, 'roles', '2026-11-29 02:55:53.222846+00', true, '\x2acfc632333f3f5daf8d5a126ce3a5d3b1be187d5297cfe917f3d60abb738894792849252b50ae945c02557534bce4ba', 19168782),
	(2, 'identity', '2026-11-29 02:55:53.222846+00', true, '\x1a58d9f32f44d200e65a2a6f6d54c1a680137f9e012a99f8be54ff99a62fbceb1cf8383c11bd8559903e3ca550438c58', 12356893),
	(3, 'head', '2026-11-29 02:55:53.222846+00', true, '\xd51870c39c8e058107b52a8fb88d59a68611b44dbf356080cf9fe87c2c8be6b5d6e87de19a583d6d55d8b345010c3271', 18800955),
	(4, 'events', '2026-11-29 02:55:53.222846+00', true, '\x98ffdbb94f1762cbfb3fc068c039de077e84d2d1c12004c098e736f17ac0b8a09b03748faddb66d4de15530dae48f277', 28314900),
	(5, 'append only', '2026-11-29 02:55:53.222846+00', true, '\xa51653f13165324e499c2a54a4a57980dd176ac8150c43c66d0a05c7586bdcb10ab71dbdf553dda99e1e486642044be0', 1224020),
	(6, 'commands', '2026-11-29 02:55:53.222846+00', true, '\xebfbf10fa3dbbbc14485bd4fe74e80094778fde84b89d4a6064477ac2bf631563840681441ca186a55fabdf8b62db983', 10908389),
	(7, 'snapshots', '2026-11-29 02:55:53.222846+00', true, '\xfc8c5c9a4be3e27f7bfdb5b10a1b82b009f8395a113ed32a6cc869cd0bb17161b35c51a4892578fb16221f074fa22205', 24740195),
	(8, 'actor', '2026-11-29 02:55:53.222846+00', true, '\x73b348c6b28914ce31dc019c944da213037bd1e07884902bf4f8b04f70e9ccb23cd2ee18caaaa15d602839764cf8ac88', 9919249),
	(20, 'prover', '2026-11-29 02:55:53.222846+00', true, '\x92a30ed07b59ba57fce84aac15c24c26aa65db9551f1ad26db5d09f3d0d86adf95b04cc743cd55944d1d58ea5fdd25b4', 1205913),
	(30, 'verify privileges', '2026-11-29 02:55:53.222846+00', true, '\x09f065ba2f5865fd12fd9a95b878ebd22c54a71b474665f22e979b2cc8b6e2fcc7dad1c415cfdb8e775db29663accb58', 661874),
	(60, 'no scratch', '2026-11-29 02:55:53.222846+00', true, '\x26de736294f2112e83d0e41a1dc112d70b26e5ae6eb8ffd2f3d8d9c28c9f0ab226118094fb9a311a6c290e5b2f52302e', 1267875),
	(70, 'past snapshots', '2026-11-29 02:55:53.222846+00', true, '\xe656bd30fd58eabbb879ac391223f16e64a7d4cd3c2b889f16d7e43ef8482173493506630c42130eba32bfc98597ef96', 18980702),
	(80, 'write probe', '2026-11-29 02:55:53.222846+00', true, '\x68412a57839a16948d623e63f8daaab574d055f5db1c4df685237add617aba1ea36dd6d73296daca000f5d5ebf722815', 7873858);

INSERT INTO log.snapshots VALUES
	('account-dave', 2, 1, '{"currency":"USD","overdraft_limit":0,"balance":777,"held":0,"status":"open"}'),
	('account-bob', 4, 1, '{"currency":"USD","overdraft_limit":0,"balance":10000,"held":0,"status":"open"}'),
	('account-carol', 2, 1, '{"currency":"USD","overdraft_limit":0,"balance":0,"held":0,"status":"closed"}'),
	('account-alice', 14, 1, '{"currency":"USD","overdraft_limit":5000,"balance":208151,"held":7400,"status":"open"}'),
	('transfer-cancelled', 2, 1, '{"source":"alice","destination":"bob","amount":{"minor_units":6000,"currency":"USD"},"initiator":"ines","approval_required":true,"status":"approved"}'),
	('transfer-executed', 2, 1, '{"source":"alice","destination":"bob","amount":{"minor_units":40000,"currency":"USD"},"initiator":"ines","approval_required":true,"status":"approved"}'),
	('transfer-rejected', 2, 1, '{"source":"alice","destination":"bob","amount":{"minor_units":5000,"currency":"USD"},"initiator":"ines","approval_required":true,"status":"rejected"}'),
	('projection-daily_activity', 2, 1, '{"skipped":[{"partition":5,"position":1}]}'),
	('subject-dave', 2, 1, '{"erased":true}');

INSERT INTO proof.checkpoints VALUES
	('daybook.local/private-stack', 54, 787911881, '2026-11-29 02:56:11.417361+00', 'daybook.local/private-stack
54
KpELnddEZnwAvsW4qmB1BaIDJwEJgPuhU0PhNLRzD/I=

— daybook.local/private-stack LvaUyYkMCCh/p+zfR2GlL4s+E4T0fBm++z+r/i62HkipvLrB44CPl4qV+I9KJ1vPhfM+gC3AHNdH9tc7xfo7R6jj/gQ=
');

INSERT INTO proof.migrations VALUES
	(1, 'roles', '2026-11-29 02:55:53.836319+00', true, '\x43adc0b8d57d84fb91fc08559abc38dea412ce8ed3a49ebb4feb495ca4ba411c3d35fa501a46954309d8400f945e9a3b', 958285),
	(2, 'trees', '2026-11-29 02:55:53.836319+00', true, '\x371554cea455280e991b5ba465ac5720e04a66c2958115b079daa2b2e3e5a4bbd185ec289ce4cc6de4f6a174dc9836e6', 29889902),
	(3, 'checkpoints', '2026-11-29 02:55:53.836319+00', true, '\x6addde9f71d37d1f4db5e93e3206a23544dff01a67a445dec0d293e5f549e73fd7e7c2b1206cb270a356fd9918bf5636', 24764621);

INSERT INTO proof.tiles VALUES
	('daybook.local/private-stack', 0, 0, '\x4c78a923f3da71bec4fb6f1b6eeeed39c826e1f97c224474bb12eab9fcd9eef4870ffc2a7fd82abb49fa16ef5c78f9f9909aea73ef8726f992781e2aec940c45a930008711715a0713b0d1423852434d0d72256c87cf904df06d955657a1c9c336dc2ea457aff7a8fa76120d6b7b0e8fe90737eb92f5e3e30a35a8851d32e207aadd805307c39446bc3c0b62fbc2fb626a837f474b6e22bb8fb1b11036647f21e4ba49022324da8d8207690dadab8f986fb95aec75e80d610e670b76f44194b01e3d943dadeda8cb9f14121cfbabb03d2f72539938ac07b07a4d221e52a4d1c5a1330413930e314f39282ea0994efc4447c0921d0ed369133c599978163903bc92231453389b92a2a47a3a9a84357aa9b86d2c42ed4c7edcc431157c3d4ff8c5c7ebd459c624c99490c8f09beea3ddb904ccdec8f8f3e1b2aa610667fcc1e59751d15df417acbc57f84248a85fbe86efbe3395e230754ce17ba7e2acc2fc05d3cba06defcdad5f424bd5255c424abaddcd6e58cf7eab1998500a942e33394090631741fb55cd7cb2cf65e20feca7576a2443d70cf68dd0a4b8100d84de1d58006bbf67e28ed2e75669c9542f6e39f50d78b8f2f5342523e8b9b388008b8f552476cb31fb4c7d9169d357b4b7ee1f86aa97fbe9dfcdfeceb141814779281bb54bd1738dc1a60b14a387a696102f911bc8e5ac54cefebde00c5e23d27fdfb20398e5d12f3e81be613be3febf5349f6a1d131d2e264d320624d0c72c9a366edb3bd3860184e1cd62046f1ad27f14a86f654a82ff11db85fb0e2974e429b8bf732aad72b772e7cf9ecb915cbd162185c153ed7309a2c6d19b28bebd73a45eaaf92469cb5abb6abbbf1dbc9500417583df9626890ea4476f4e8d1565184377dbc7d28338ea76a27b8576ea0d8af395ad56673936d683c9a6d57ed4e4ee026aa53dfc241c579bc3308cb08abca99effbad4fdf173a73da3b2a0dab655f259e800f6dca57ce73e0b0cb065c7212c8d243159f833fc9b8d5c5a36f72bacbe39429efdc544681606e6c0b2e611e0126a2396c53ad803e4e113948c2b38b08cd31d33253dece02f0cc859b03ed450da88c51f5e038401dc5ce929726fa524f84ed960c543669960e5a1e97ec51f6e558f1b3a047e74a32653cf78f2bbec15b8201accae5c400da3752a226337c49fe3604d03e0c54a6a7e76fcf486398403de9c244089d9113d4f13ecb4d9837a0ca514a9596bbab492002e745833208c3bbedb32d4c41a5649ea7e6511f32e26ce216b6a54770957003181fb13f44f11efb7d501d35ffe333edecd9d1a4dc171ba740ed203b8581f8d3cb2c6aa748044964056471b6496ad48d94c870341bb80b0433c9a33582ff7d469ea3fb1babbd007bd737254f9dad5f7e23c795a6f9b2f073abdead03719e6f2153ba8c479058b59077c2031f08a38e63c224ee96b6b36dd406a2251a1092017223ede84bcc78e77e7679ede592d0ba407118fe1fbdba693c060c6eb2020b6af63194e62a62a23b2d4e84c1fc86e525f6064d0112a4ed2199e78503432bb1a969d93965492f31341bbae7abab6bdb4f0b9b84da9f14dfb1698c71d1e9e880290bef5b949cc0eb511b6918cf777c1ef9945c8fcf1c5f422c22bd9dd0d43bcb93d742a36d1e41066f73cbb974cfd1213dece17b815fa57fdc7582e9a67a2d8a0d869c60b3de0e493d17373ca5a3ef0e54f244372c2046473bcdf90832f60aa1425a49b21a49f4f850d47f753a810b7c8309ddc7a813beed2d40143ef7b562ee4362f8fa386c6e6d3ba6e80ad22edab88b4ff3b70a21b3ef55ce606e1fc12529e79e0631d5573dba12a6806a63fd040bbe8b2d421119aa0321bf0b2934cb879ea0d032baad4a57f64dbadbc0248e5f4d8acbe53fa8ee8387a55eb73a71ad01697108e308b948bdc276cd017bb2a4362b8fdfbb2118f29e4204f8036227af59b3be6866292187ef8922a3968ef15961544d9f6527904d37ff57679804b7f7a63be6cd5aeac124073c62f127741f682c35f6905c239afca745a44680bfa13dff43cd97a859010adcbd8cf8a9fa94d18f0c66683ce4d5e5da3853aba2b2b65f72d0703afeac046d03d99f020cf47d7b0ba8953a2a625727ab3b47e5ad23d0cfb6b3691eaaf867e6c5e3861c5c4d5b0c7b5128ccd157e3098cf2584cf1cd4f9f6ef3c069e9ef61b2874ee97a72fe83dd4231f609d258fe5b3d8a71a654173c2f0c614df57907d871941233d39d39daf4c095c884f6add88802046de8e6f6ab8addfaad6d150687433eb9c239f5e59d6d286118f40677fbada0ce597c318ad990fe91b6ae46692db33e2be006dfe5619f610674220faeeed043032f86edf6a591c1773d281973ba861bb6652c82ab40a74d212b50f511a479d52d549e57d359aafa73ad8cee270ae6b1aa268220fb4b5c5f0c');

INSERT INTO proof.trees VALUES
	('daybook.local/private-stack', '25e140d2-ea5e-4898-ba76-e3a89448a80c', 54);

INSERT INTO read.account_entries_1 VALUES
	('alice', '2026-11-29 02:55:59.233637+00', 2, 5, 5, 'deposit', 250000, 250000, 'USD', NULL, NULL, 'teller', 'k6k1gJ+tgqC4A9g+z3asdS6Du2ls+esu4Nz4rIXrbl0nng==', 'order-77', 'alice', 'deposit-alice', DEFAULT),
	('bob', '2026-11-29 02:56:07.245062+00', 2, 6, 2, 'deposit', 10000, 10000, 'USD', NULL, NULL, 'teller', NULL, 'order-77', NULL, NULL, DEFAULT),
	('dave', '2026-11-29 02:56:09.262317+00', 2, 8, 1, 'deposit', 777, 777, 'USD', NULL, NULL, 'teller', 'rSONEHnYAbwEJ0vUSepep3U/9x7zeiGOWq5pVq0HFrQhhMBT/7wH', 'order-77', 'dave', 'deposit-dave', DEFAULT),
	('alice', '2026-11-29 02:56:09.290295+00', 3, 9, 5, 'withdrawal', -1250, 248750, 'USD', NULL, NULL, 'teller', NULL, 'order-77', NULL, NULL, DEFAULT),
	('alice', '2026-11-29 02:56:09.313223+00', 4, 10, 5, 'fee', -99, 248651, 'USD', NULL, NULL, 'billing', NULL, 'order-77', NULL, NULL, DEFAULT),
	('alice', '2026-11-29 02:56:09.33479+00', 5, 11, 5, 'refund', -500, 248151, 'USD', 'T2YjSdDIi5KdbrtZuRAHq2Ecz03ECdWH4nl/QVPN5y4=', NULL, 'sue', 'o2OsJYKWkk4e6rRdhtrLIhEdJLC4bg8m8tNoNGy+VMOFLLax0bo=', 'order-77', 'alice', 'refund-alice', DEFAULT),
	('alice', '2026-11-29 02:56:09.47851+00', 8, 20, 5, 'transfer_out', -40000, 208151, 'USD', 'bob', 'executed', 'night-run', NULL, 'order-77', NULL, NULL, DEFAULT),
	('bob', '2026-11-29 02:56:09.47851+00', 5, 21, 2, 'transfer_in', 40000, 50000, 'USD', 'alice', 'executed', 'night-run', NULL, 'order-77', NULL, NULL, DEFAULT);

INSERT INTO read.accounts_1 VALUES
	('dave', 1, 'eI0S1LFkzT5H7ThlrQTgws5N3Dajy3YruYkn34IV4C8=', 'USD', 777, 0, 0, 'open', 2, '2026-11-29 02:55:59.215983+00', '2026-11-29 02:56:09.262317+00', 'dave', 'open-dave'),
	('carol', 8, 'rlgldVQBWfHsCZUQPYhp/zpFm7ta3wwbVFlwJKdxUzAb', 'USD', 0, 0, 0, 'closed', 2, '2026-11-29 02:55:59.169793+00', '2026-11-29 02:56:09.40318+00', 'carol', 'open-carol'),
	('bob', 2, 'Rhpve+gJrmpvfaHEymhE2ReOrq51J4V7oLf6dkw7+w==', 'USD', 50000, 0, 0, 'open', 5, '2026-11-29 02:55:58.925538+00', '2026-11-29 02:56:09.47851+00', 'bob', 'open-bob'),
	('alice', 5, 'dsCeD+kdC0Ex3vD4BvSf5LIMTidwLBeL9fZ1Efp0iqJAc9SMCmvydQ==', 'USD', 208151, 7400, 5000, 'open', 14, '2026-11-29 02:55:58.873845+00', '2026-11-29 02:56:09.646672+00', 'alice', 'open-alice');

INSERT INTO read.audit_1 VALUES
	(1, '2026-11-29 02:55:58.873845+00', 1, NULL, '01a2253b-1597-77d5-9738-a3e97757cfa0', 5, NULL, 'account-alice', 'account-opened', 'registry', 'order-77', 'invoice-78', 'open-alice', NULL, '127.0.0.1', 'pZmARtWS1BzhuoZ/WalHAdrf8v41ETmH4HqG2z2CxJ2JEkzFtgrpsA==', '{-2010014138772509541,248755120127268826}', 'alice'),
	(2, '2026-11-29 02:55:58.925538+00', 1, NULL, '01a2253b-15cc-70be-b180-49d45a9a4384', 2, NULL, 'account-bob', 'account-opened', 'registry', 'order-77', 'invoice-78', 'open-bob', NULL, '127.0.0.1', 'wdtzx7vnctvz8urTw5/P+V0JlbaZ315blgKFkLZ2TbBCHiCZXANyiA==', '{-2010014138772509541,248755120127268826}', 'bob'),
	(3, '2026-11-29 02:55:59.169793+00', 1, NULL, '01a2253b-16c1-7027-8d5f-43f7642e6047', 8, NULL, 'account-carol', 'account-opened', 'registry', 'order-77', 'invoice-78', 'open-carol', NULL, '127.0.0.1', 'fhVUxX+V1cBQlCMZgekeoUOQnhVWX+8AeddvQiDeHB+l+ZHe/4cjLQ==', '{-2010014138772509541,248755120127268826}', 'carol'),
	(5, '2026-11-29 02:55:59.233637+00', 2, 250000, '01a2253b-1701-7308-a277-9ff045b8a98e', 5, 127, 'account-alice', 'money-deposited', 'teller', 'order-77', 'invoice-78', 'deposit-alice', 'USD', '127.0.0.1', 'k6k1gJ+tgqC4A9g+z3asdS6Du2ls+esu4Nz4rIXrbl0nng==', '{5835266023805914025}', 'alice'),
	(6, '2026-11-29 02:56:07.245062+00', 2, 10000, '01a2253b-170b-7061-80ec-1546c32bce80', 2, 89, 'account-bob', 'money-deposited', 'teller', 'order-77', 'invoice-78', 'deposit-bob', 'USD', '127.0.0.1', NULL, NULL, NULL),
	(7, '2026-11-29 02:56:07.245062+00', 1, NULL, '01a2253b-1acd-769a-a5e9-60c20595ed2e', 2, NULL, 'clock-log', 'clock-time-accepted', 'olga', 'accept-time', NULL, NULL, NULL, '127.0.0.1', 'the clock was set wrong', '{-9062501282150740445,-7022141421187281987,-6392082656605514218,6266135566914540924,6822364205824128306}', NULL),
	(9, '2026-11-29 02:56:09.290295+00', 3, 1250, '01a2253b-3e46-7472-aa2c-20428952555b', 5, 65, 'account-alice', 'money-withdrawn', 'teller', 'order-77', 'invoice-78', 'withdraw-alice', 'USD', '127.0.0.1', NULL, NULL, NULL),
	(10, '2026-11-29 02:56:09.313223+00', 4, 99, '01a2253b-3e60-762e-b461-50d759d1401c', 5, 36, 'account-alice', 'fee-charged', 'billing', 'order-77', 'invoice-78', 'fee-alice', 'USD', '127.0.0.1', NULL, NULL, NULL),
	(11, '2026-11-29 02:56:09.33479+00', 5, 500, '01a2253b-3e76-777e-8efc-1614dc25375c', 5, 55, 'account-alice', 'money-refunded', 'sue', 'order-77', 'invoice-78', 'refund-alice', 'USD', '127.0.0.1', 'o2OsJYKWkk4e6rRdhtrLIhEdJLC4bg8m8tNoNGy+VMOFLLax0bo=', '{-855587000054818642,7962502848938919212}', 'alice'),
	(12, '2026-11-29 02:56:09.360483+00', 3, NULL, '01a2253b-3e8f-7175-af0b-330b34925bbb', 2, NULL, 'account-bob', 'account-frozen', 'olga', 'order-77', 'invoice-78', 'freeze-bob', NULL, '127.0.0.1', 'HOI/cwPmX9KpUjJZ+dWpbPzjAUNwXcAmSyfb+fgaZVekZAsUaA==', '{-5848530537472249333,8844676307815759459}', 'bob'),
	(13, '2026-11-29 02:56:09.377734+00', 4, NULL, '01a2253b-3ea0-704a-bf94-9d0c1f1a8369', 2, NULL, 'account-bob', 'account-unfrozen', 'olga', 'order-77', 'invoice-78', 'unfreeze-bob', NULL, '127.0.0.1', NULL, NULL, NULL),
	(14, '2026-11-29 02:56:09.40318+00', 2, NULL, '01a2253b-3eba-754b-b5a5-aefb1e17c072', 8, NULL, 'account-carol', 'account-closed', 'olga', 'order-77', 'invoice-78', 'close-carol', NULL, '127.0.0.1', NULL, NULL, NULL),
	(15, '2026-11-29 02:56:09.434721+00', 1, 40000, '01a2253b-3ec8-7519-90ad-0f6f8919d971', 0, 105, 'transfer-executed', 'transfer-initiated', 'ines', 'order-77', 'invoice-78', 'initiate-executed', 'USD', '127.0.0.1', 'Lbcuh8g3ErUNR298oEVtZtoU845h8XEpVIZAA/B8g3pz0PuGIjHs6g==', '{-249313665209263359,1157435641344501410,2580153284002169551}', 'alice'),
	(16, '2026-11-29 02:56:09.434721+00', 6, 40000, '01a2253b-3ec8-7519-90ad-0f709c55576b', 5, 105, 'account-alice', 'funds-held', 'ines', 'order-77', 'invoice-78', 'initiate-executed', 'USD', '127.0.0.1', 'Lbcuh8g3ErUNR298oEVtZtoU845h8XEpVIZAA/B8g3pz0PuGIjHs6g==', '{-249313665209263359,1157435641344501410,2580153284002169551}', 'alice'),
	(17, '2026-11-29 02:56:09.453487+00', 2, NULL, '01a2253b-3eea-7279-838b-edd4d6300d8b', 0, 0, 'transfer-executed', 'transfer-approved', 'otto', 'order-77', 'invoice-78', 'approve-executed', NULL, '127.0.0.1', '2iz6Ku4NWiJsxUVixknKEZRjzQ0MlFrZtyMWoWpFb9bMTpWU6Q==', '{-5491399550749339632,-2503092854531952743}', 'alice'),
	(18, '2026-11-29 02:56:09.47851+00', 3, NULL, '01a2253b-3efe-708c-8c0f-4451e12f859e', 0, 0, 'transfer-executed', 'transfer-executed', 'night-run', 'order-77', 'invoice-78', 'execute-executed', NULL, '127.0.0.1', NULL, NULL, NULL),
	(19, '2026-11-29 02:56:09.47851+00', 7, 40000, '01a2253b-3f02-74b5-b801-de0730d85219', 5, 105, 'account-alice', 'hold-released', 'night-run', 'order-77', 'invoice-78', 'execute-executed', 'USD', '127.0.0.1', NULL, NULL, NULL),
	(20, '2026-11-29 02:56:09.47851+00', 8, 40000, '01a2253b-3f02-74b5-b801-de08e1c7da77', 5, 105, 'account-alice', 'transfer-debited', 'night-run', 'order-77', 'invoice-78', 'execute-executed', 'USD', '127.0.0.1', NULL, NULL, NULL),
	(21, '2026-11-29 02:56:09.47851+00', 5, 40000, '01a2253b-3f02-74b5-b801-de0906234f5d', 2, 105, 'account-bob', 'transfer-credited', 'night-run', 'order-77', 'invoice-78', 'execute-executed', 'USD', '127.0.0.1', NULL, NULL, NULL),
	(22, '2026-11-29 02:56:09.491284+00', 1, 5000, '01a2253b-3f12-73af-9ecd-790a4e6aba6b', 11, 81, 'transfer-rejected', 'transfer-initiated', 'ines', 'order-77', 'invoice-78', 'initiate-rejected', 'USD', '127.0.0.1', 'HYyvHCLxPBXnBBF5Jh7UaVPGeFW7mAG8hV2ANb48s0D0PtlrHsFlGw==', '{-249313665209263359,1157435641344501410,2580153284002169551}', 'alice'),
	(23, '2026-11-29 02:56:09.491284+00', 9, 5000, '01a2253b-3f12-73af-9ecd-790b3699a358', 5, 81, 'account-alice', 'funds-held', 'ines', 'order-77', 'invoice-78', 'initiate-rejected', 'USD', '127.0.0.1', 'HYyvHCLxPBXnBBF5Jh7UaVPGeFW7mAG8hV2ANb48s0D0PtlrHsFlGw==', '{-249313665209263359,1157435641344501410,2580153284002169551}', 'alice'),
	(24, '2026-11-29 02:56:09.507987+00', 2, NULL, '01a2253b-3f23-741a-845c-6d6889bc84e6', 11, 0, 'transfer-rejected', 'transfer-rejected', 'otto', 'order-77', 'invoice-78', 'reject-rejected', NULL, '127.0.0.1', 'wkbSzwccO+FoiZBJKiMd9k7KbNCs6Wb2Jxqg9DaYtiTFQmq8rw==', '{2950416913095293040,7561006865813574647}', 'alice'),
	(25, '2026-11-29 02:56:09.507987+00', 10, 5000, '01a2253b-3f23-741a-845c-6d692f4b8900', 5, 81, 'account-alice', 'hold-released', 'otto', 'order-77', 'invoice-78', 'reject-rejected', 'USD', '127.0.0.1', 'wkbSzwccO+FoiZBJKiMd9k7KbNCs6Wb2Jxqg9DaYtiTFQmq8rw==', '{2950416913095293040,7561006865813574647}', 'alice'),
	(26, '2026-11-29 02:56:09.544342+00', 1, 6000, '01a2253b-3f47-759b-8d77-2fce1d9d5f06', 0, 83, 'transfer-cancelled', 'transfer-initiated', 'ines', 'order-77', 'invoice-78', 'initiate-cancelled', 'USD', '127.0.0.1', 'g6Q7t1AYaJxRCUlrAfef+xgkH6DZxHdbcZgMCUqElKXoYrXAKQ0EfA==', '{-249313665209263359,1157435641344501410,2580153284002169551}', 'alice'),
	(27, '2026-11-29 02:56:09.544342+00', 11, 6000, '01a2253b-3f47-759b-8d77-2fcfee9577ec', 5, 83, 'account-alice', 'funds-held', 'ines', 'order-77', 'invoice-78', 'initiate-cancelled', 'USD', '127.0.0.1', 'g6Q7t1AYaJxRCUlrAfef+xgkH6DZxHdbcZgMCUqElKXoYrXAKQ0EfA==', '{-249313665209263359,1157435641344501410,2580153284002169551}', 'alice'),
	(28, '2026-11-29 02:56:09.570334+00', 2, NULL, '01a2253b-3f5f-74dd-a98d-eb313bbf545a', 0, 0, 'transfer-cancelled', 'transfer-approved', 'otto', 'order-77', 'invoice-78', 'approve-cancelled', NULL, '127.0.0.1', 'jY3f+9ksJQ8zM4e45b+yil0aphzRM4QQmHbf9wFRali6kghMBQ==', '{-5491399550749339632,-2503092854531952743}', 'alice'),
	(29, '2026-11-29 02:56:09.594556+00', 3, NULL, '01a2253b-3f78-741c-85f4-715820d6a170', 0, 0, 'transfer-cancelled', 'transfer-cancelled', 'ines', 'order-77', 'invoice-78', 'cancel-cancelled', NULL, '127.0.0.1', NULL, NULL, NULL),
	(30, '2026-11-29 02:56:09.594556+00', 12, 6000, '01a2253b-3f78-741c-85f4-7159a5deb078', 5, 83, 'account-alice', 'hold-released', 'ines', 'order-77', 'invoice-78', 'cancel-cancelled', 'USD', '127.0.0.1', NULL, NULL, NULL),
	(31, '2026-11-29 02:56:09.622186+00', 1, 400, '01a2253b-3f8f-72fe-a4bf-f29506392f6d', 8, 52, 'transfer-small', 'transfer-initiated', 'ines', 'order-77', 'invoice-78', 'initiate-small', 'USD', '127.0.0.1', 'dedltKksfmc31BFHjyHW3cYRjVpUGcoFIuDPeyH2sPbW1LYCSx9beA==', '{-249313665209263359,1157435641344501410,2580153284002169551}', 'alice'),
	(32, '2026-11-29 02:56:09.622186+00', 13, 400, '01a2253b-3f8f-72fe-a4bf-f296b58c4b56', 5, 52, 'account-alice', 'funds-held', 'ines', 'order-77', 'invoice-78', 'initiate-small', 'USD', '127.0.0.1', 'dedltKksfmc31BFHjyHW3cYRjVpUGcoFIuDPeyH2sPbW1LYCSx9beA==', '{-249313665209263359,1157435641344501410,2580153284002169551}', 'alice'),
	(33, '2026-11-29 02:56:09.646672+00', 1, 7000, '01a2253b-3fae-7129-a390-39e0ec39cbd5', 13, 85, 'transfer-open', 'transfer-initiated', 'ines', 'order-77', 'invoice-78', 'initiate-open', 'USD', '127.0.0.1', 'emdLqwsrLOkjr7qO6qRO2a0MId2r9uOZb5AspNkxuce+MOudYgYYuQ==', '{-249313665209263359,1157435641344501410,2580153284002169551}', 'alice'),
	(34, '2026-11-29 02:56:09.646672+00', 14, 7000, '01a2253b-3fae-7129-a390-39e15ce89890', 5, 85, 'account-alice', 'funds-held', 'ines', 'order-77', 'invoice-78', 'initiate-open', 'USD', '127.0.0.1', 'emdLqwsrLOkjr7qO6qRO2a0MId2r9uOZb5AspNkxuce+MOudYgYYuQ==', '{-249313665209263359,1157435641344501410,2580153284002169551}', 'alice'),
	(35, '2026-11-29 02:56:09.683663+00', 1, NULL, '01a2253b-3fd1-74f0-9853-eea12a27c6b6', 8, NULL, 'projection-daily_activity', 'projection-event-skipped', 'olga', 'order-77', 'invoice-78', 'skip', NULL, '127.0.0.1', 'booked by hand', '{623268094916032724,1793284227667274969,3327197830561133536}', NULL),
	(36, '2026-11-29 02:56:09.704425+00', 2, NULL, '01a2253b-3fe8-718e-89c4-c8d340b0a851', 8, NULL, 'projection-daily_activity', 'projection-retry-requested', 'olga', 'order-77', 'invoice-78', 'retry', NULL, '127.0.0.1', 'mended', '{5527752458397547492}', NULL),
	(38, '2026-11-29 02:56:09.775569+00', 2, NULL, '01a2253b-402e-750d-8944-d35cb36ba1c6', 4, NULL, 'subject-dave', 'personal-data-erased', 'dpo', 'forget-dave', 'forget-dave', '01a2253b-4025-70ab-8f5c-dd8bd278ed60', NULL, '127.0.0.1', NULL, NULL, NULL),
	(39, '2026-11-29 02:56:09.775569+00', 1, NULL, '01a2253b-402e-750d-8944-d35d34e6432c', 0, NULL, 'erasure-7', 'personal-data-erased', 'dpo', 'forget-dave', 'forget-dave', '01a2253b-4025-70ab-8f5c-dd8bd278ed60', NULL, '127.0.0.1', NULL, NULL, NULL),
	(40, '2026-11-29 02:56:09.775569+00', 1, NULL, '01a2253b-402e-750d-8944-d35ead186c35', 1, NULL, 'erasure-19', 'personal-data-erased', 'dpo', 'forget-dave', 'forget-dave', '01a2253b-4025-70ab-8f5c-dd8bd278ed60', NULL, '127.0.0.1', NULL, NULL, NULL),
	(41, '2026-11-29 02:56:09.775569+00', 1, NULL, '01a2253b-402e-750d-8944-d35f6acc937e', 2, NULL, 'erasure-1', 'personal-data-erased', 'dpo', 'forget-dave', 'forget-dave', '01a2253b-4025-70ab-8f5c-dd8bd278ed60', NULL, '127.0.0.1', NULL, NULL, NULL),
	(42, '2026-11-29 02:56:09.775569+00', 1, NULL, '01a2253b-402e-750d-8944-d3601bd6f009', 3, NULL, 'erasure-6', 'personal-data-erased', 'dpo', 'forget-dave', 'forget-dave', '01a2253b-4025-70ab-8f5c-dd8bd278ed60', NULL, '127.0.0.1', NULL, NULL, NULL),
	(43, '2026-11-29 02:56:09.775569+00', 1, NULL, '01a2253b-402e-750d-8944-d3611a80cfd6', 4, NULL, 'erasure-23', 'personal-data-erased', 'dpo', 'forget-dave', 'forget-dave', '01a2253b-4025-70ab-8f5c-dd8bd278ed60', NULL, '127.0.0.1', NULL, NULL, NULL),
	(44, '2026-11-29 02:56:09.775569+00', 1, NULL, '01a2253b-402e-750d-8944-d3623d822a3c', 5, NULL, 'erasure-0', 'personal-data-erased', 'dpo', 'forget-dave', 'forget-dave', '01a2253b-4025-70ab-8f5c-dd8bd278ed60', NULL, '127.0.0.1', NULL, NULL, NULL),
	(45, '2026-11-29 02:56:09.775569+00', 1, NULL, '01a2253b-402e-750d-8944-d36359dfc226', 6, NULL, 'erasure-5', 'personal-data-erased', 'dpo', 'forget-dave', 'forget-dave', '01a2253b-4025-70ab-8f5c-dd8bd278ed60', NULL, '127.0.0.1', NULL, NULL, NULL),
	(46, '2026-11-29 02:56:09.775569+00', 1, NULL, '01a2253b-402e-750d-8944-d36461875fa0', 7, NULL, 'erasure-22', 'personal-data-erased', 'dpo', 'forget-dave', 'forget-dave', '01a2253b-4025-70ab-8f5c-dd8bd278ed60', NULL, '127.0.0.1', NULL, NULL, NULL),
	(47, '2026-11-29 02:56:09.775569+00', 1, NULL, '01a2253b-402e-750d-8944-d365a843ea1e', 8, NULL, 'erasure-27', 'personal-data-erased', 'dpo', 'forget-dave', 'forget-dave', '01a2253b-4025-70ab-8f5c-dd8bd278ed60', NULL, '127.0.0.1', NULL, NULL, NULL),
	(48, '2026-11-29 02:56:09.775569+00', 1, NULL, '01a2253b-402f-757d-9c48-5227b65aba97', 9, NULL, 'erasure-4', 'personal-data-erased', 'dpo', 'forget-dave', 'forget-dave', '01a2253b-4025-70ab-8f5c-dd8bd278ed60', NULL, '127.0.0.1', NULL, NULL, NULL),
	(49, '2026-11-29 02:56:09.775569+00', 1, NULL, '01a2253b-402f-757d-9c48-5228fe73d0f4', 10, NULL, 'erasure-9', 'personal-data-erased', 'dpo', 'forget-dave', 'forget-dave', '01a2253b-4025-70ab-8f5c-dd8bd278ed60', NULL, '127.0.0.1', NULL, NULL, NULL),
	(50, '2026-11-29 02:56:09.775569+00', 1, NULL, '01a2253b-402f-757d-9c48-52296c9ffde2', 11, NULL, 'erasure-26', 'personal-data-erased', 'dpo', 'forget-dave', 'forget-dave', '01a2253b-4025-70ab-8f5c-dd8bd278ed60', NULL, '127.0.0.1', NULL, NULL, NULL),
	(51, '2026-11-29 02:56:09.775569+00', 1, NULL, '01a2253b-402f-757d-9c48-522a577f33b6', 12, NULL, 'erasure-3', 'personal-data-erased', 'dpo', 'forget-dave', 'forget-dave', '01a2253b-4025-70ab-8f5c-dd8bd278ed60', NULL, '127.0.0.1', NULL, NULL, NULL),
	(52, '2026-11-29 02:56:09.775569+00', 1, NULL, '01a2253b-402f-757d-9c48-522b586b5ff4', 13, NULL, 'erasure-8', 'personal-data-erased', 'dpo', 'forget-dave', 'forget-dave', '01a2253b-4025-70ab-8f5c-dd8bd278ed60', NULL, '127.0.0.1', NULL, NULL, NULL),
	(53, '2026-11-29 02:56:09.775569+00', 1, NULL, '01a2253b-402f-757d-9c48-522cc17cd532', 14, NULL, 'erasure-18', 'personal-data-erased', 'dpo', 'forget-dave', 'forget-dave', '01a2253b-4025-70ab-8f5c-dd8bd278ed60', NULL, '127.0.0.1', NULL, NULL, NULL),
	(54, '2026-11-29 02:56:09.775569+00', 1, NULL, '01a2253b-402f-757d-9c48-522d8c83c33c', 15, NULL, 'erasure-2', 'personal-data-erased', 'dpo', 'forget-dave', 'forget-dave', '01a2253b-4025-70ab-8f5c-dd8bd278ed60', NULL, '127.0.0.1', NULL, NULL, NULL),
	(4, '2026-11-29 02:55:59.215983+00', 1, NULL, '01a2253b-16ef-7545-9c14-7b3dd8739e64', 1, NULL, 'account-dave', 'account-opened', 'registry', 'order-77', 'invoice-78', 'open-dave', NULL, '127.0.0.1', 'Xrl5DC8KyPfxceAeL9CtJMYpboCG4Jcphj4ubJPLl6zVc6gqBbZ5ew==', NULL, 'dave'),
	(8, '2026-11-29 02:56:09.262317+00', 2, 777, '01a2253b-3e29-7050-8143-bf952cc4796a', 1, 60, 'account-dave', 'money-deposited', 'teller', 'order-77', 'invoice-78', 'deposit-dave', 'USD', '127.0.0.1', 'rSONEHnYAbwEJ0vUSepep3U/9x7zeiGOWq5pVq0HFrQhhMBT/7wH', NULL, 'dave'),
	(37, '2026-11-29 02:56:09.739339+00', 1, NULL, '01a2253b-400a-727c-a385-0d2785f9ad27', 4, NULL, 'subject-dave', 'subject-forgotten', 'dpo', 'forget-dave', NULL, NULL, NULL, '127.0.0.1', 'asked by letter', '{-7032925975223351587,-357272300548422877,623268094916032724}', NULL);

INSERT INTO read.checkpoints VALUES
	('account_entries', 1, 0, 54, 39, '01a2253b-402e-750d-8944-d35d34e6432c', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('accounts', 1, 0, 54, 39, '01a2253b-402e-750d-8944-d35d34e6432c', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('accounts', 1, 1, 54, 40, '01a2253b-402e-750d-8944-d35ead186c35', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('accounts', 1, 2, 54, 41, '01a2253b-402e-750d-8944-d35f6acc937e', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('accounts', 1, 3, 54, 42, '01a2253b-402e-750d-8944-d3601bd6f009', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('accounts', 1, 4, 54, 43, '01a2253b-402e-750d-8944-d3611a80cfd6', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('accounts', 1, 5, 54, 44, '01a2253b-402e-750d-8944-d3623d822a3c', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('accounts', 1, 6, 54, 45, '01a2253b-402e-750d-8944-d36359dfc226', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('accounts', 1, 7, 54, 46, '01a2253b-402e-750d-8944-d36461875fa0', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('accounts', 1, 8, 54, 47, '01a2253b-402e-750d-8944-d365a843ea1e', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('accounts', 1, 9, 54, 48, '01a2253b-402f-757d-9c48-5227b65aba97', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('accounts', 1, 10, 54, 49, '01a2253b-402f-757d-9c48-5228fe73d0f4', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('accounts', 1, 11, 54, 50, '01a2253b-402f-757d-9c48-52296c9ffde2', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('accounts', 1, 12, 54, 51, '01a2253b-402f-757d-9c48-522a577f33b6', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('accounts', 1, 13, 54, 52, '01a2253b-402f-757d-9c48-522b586b5ff4', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('accounts', 1, 14, 54, 53, '01a2253b-402f-757d-9c48-522cc17cd532', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('accounts', 1, 15, 54, 54, '01a2253b-402f-757d-9c48-522d8c83c33c', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('account_entries', 1, 1, 54, 40, '01a2253b-402e-750d-8944-d35ead186c35', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('account_entries', 1, 2, 54, 41, '01a2253b-402e-750d-8944-d35f6acc937e', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('account_entries', 1, 3, 54, 42, '01a2253b-402e-750d-8944-d3601bd6f009', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('account_entries', 1, 4, 54, 43, '01a2253b-402e-750d-8944-d3611a80cfd6', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('account_entries', 1, 5, 54, 44, '01a2253b-402e-750d-8944-d3623d822a3c', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('account_entries', 1, 6, 54, 45, '01a2253b-402e-750d-8944-d36359dfc226', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('account_entries', 1, 7, 54, 46, '01a2253b-402e-750d-8944-d36461875fa0', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('account_entries', 1, 8, 54, 47, '01a2253b-402e-750d-8944-d365a843ea1e', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('account_entries', 1, 9, 54, 48, '01a2253b-402f-757d-9c48-5227b65aba97', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('account_entries', 1, 10, 54, 49, '01a2253b-402f-757d-9c48-5228fe73d0f4', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('account_entries', 1, 11, 54, 50, '01a2253b-402f-757d-9c48-52296c9ffde2', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('account_entries', 1, 12, 54, 51, '01a2253b-402f-757d-9c48-522a577f33b6', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('account_entries', 1, 13, 54, 52, '01a2253b-402f-757d-9c48-522b586b5ff4', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('account_entries', 1, 14, 54, 53, '01a2253b-402f-757d-9c48-522cc17cd532', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('account_entries', 1, 15, 54, 54, '01a2253b-402f-757d-9c48-522d8c83c33c', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('transfers', 1, 0, 54, 39, '01a2253b-402e-750d-8944-d35d34e6432c', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('transfers', 1, 1, 54, 40, '01a2253b-402e-750d-8944-d35ead186c35', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('daily_activity', 1, 0, 54, 39, '01a2253b-402e-750d-8944-d35d34e6432c', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('daily_activity', 1, 1, 54, 40, '01a2253b-402e-750d-8944-d35ead186c35', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('daily_activity', 1, 2, 54, 41, '01a2253b-402e-750d-8944-d35f6acc937e', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('transfers', 1, 2, 54, 41, '01a2253b-402e-750d-8944-d35f6acc937e', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('transfers', 1, 3, 54, 42, '01a2253b-402e-750d-8944-d3601bd6f009', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('transfers', 1, 4, 54, 43, '01a2253b-402e-750d-8944-d3611a80cfd6', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('transfers', 1, 5, 54, 44, '01a2253b-402e-750d-8944-d3623d822a3c', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('transfers', 1, 6, 54, 45, '01a2253b-402e-750d-8944-d36359dfc226', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('transfers', 1, 7, 54, 46, '01a2253b-402e-750d-8944-d36461875fa0', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('transfers', 1, 8, 54, 47, '01a2253b-402e-750d-8944-d365a843ea1e', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('transfers', 1, 9, 54, 48, '01a2253b-402f-757d-9c48-5227b65aba97', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('transfers', 1, 10, 54, 49, '01a2253b-402f-757d-9c48-5228fe73d0f4', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('transfers', 1, 11, 54, 50, '01a2253b-402f-757d-9c48-52296c9ffde2', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('transfers', 1, 12, 54, 51, '01a2253b-402f-757d-9c48-522a577f33b6', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('transfers', 1, 13, 54, 52, '01a2253b-402f-757d-9c48-522b586b5ff4', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('transfers', 1, 14, 54, 53, '01a2253b-402f-757d-9c48-522cc17cd532', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('transfers', 1, 15, 54, 54, '01a2253b-402f-757d-9c48-522d8c83c33c', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('daily_activity', 1, 3, 54, 42, '01a2253b-402e-750d-8944-d3601bd6f009', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('daily_activity', 1, 4, 54, 43, '01a2253b-402e-750d-8944-d3611a80cfd6', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('daily_activity', 1, 5, 54, 44, '01a2253b-402e-750d-8944-d3623d822a3c', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('daily_activity', 1, 6, 54, 45, '01a2253b-402e-750d-8944-d36359dfc226', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('daily_activity', 1, 7, 54, 46, '01a2253b-402e-750d-8944-d36461875fa0', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('daily_activity', 1, 8, 54, 47, '01a2253b-402e-750d-8944-d365a843ea1e', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('daily_activity', 1, 9, 54, 48, '01a2253b-402f-757d-9c48-5227b65aba97', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('daily_activity', 1, 10, 54, 49, '01a2253b-402f-757d-9c48-5228fe73d0f4', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('daily_activity', 1, 11, 54, 50, '01a2253b-402f-757d-9c48-52296c9ffde2', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('daily_activity', 1, 12, 54, 51, '01a2253b-402f-757d-9c48-522a577f33b6', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('daily_activity', 1, 13, 54, 52, '01a2253b-402f-757d-9c48-522b586b5ff4', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('daily_activity', 1, 14, 54, 53, '01a2253b-402f-757d-9c48-522cc17cd532', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('daily_activity', 1, 15, 54, 54, '01a2253b-402f-757d-9c48-522d8c83c33c', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('postings', 1, 0, 54, 39, '01a2253b-402e-750d-8944-d35d34e6432c', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('postings', 1, 1, 54, 40, '01a2253b-402e-750d-8944-d35ead186c35', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('postings', 1, 2, 54, 41, '01a2253b-402e-750d-8944-d35f6acc937e', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('postings', 1, 3, 54, 42, '01a2253b-402e-750d-8944-d3601bd6f009', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('posting_totals', 1, 0, 54, 39, '01a2253b-402e-750d-8944-d35d34e6432c', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('posting_totals', 1, 1, 54, 40, '01a2253b-402e-750d-8944-d35ead186c35', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('posting_totals', 1, 2, 54, 41, '01a2253b-402e-750d-8944-d35f6acc937e', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('posting_totals', 1, 3, 54, 42, '01a2253b-402e-750d-8944-d3601bd6f009', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('posting_totals', 1, 4, 54, 43, '01a2253b-402e-750d-8944-d3611a80cfd6', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('postings', 1, 4, 54, 43, '01a2253b-402e-750d-8944-d3611a80cfd6', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('postings', 1, 5, 54, 44, '01a2253b-402e-750d-8944-d3623d822a3c', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('postings', 1, 6, 54, 45, '01a2253b-402e-750d-8944-d36359dfc226', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('postings', 1, 7, 54, 46, '01a2253b-402e-750d-8944-d36461875fa0', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('postings', 1, 8, 54, 47, '01a2253b-402e-750d-8944-d365a843ea1e', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('postings', 1, 9, 54, 48, '01a2253b-402f-757d-9c48-5227b65aba97', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('postings', 1, 10, 54, 49, '01a2253b-402f-757d-9c48-5228fe73d0f4', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('postings', 1, 11, 54, 50, '01a2253b-402f-757d-9c48-52296c9ffde2', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('postings', 1, 12, 54, 51, '01a2253b-402f-757d-9c48-522a577f33b6', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('postings', 1, 13, 54, 52, '01a2253b-402f-757d-9c48-522b586b5ff4', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('postings', 1, 14, 54, 53, '01a2253b-402f-757d-9c48-522cc17cd532', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('postings', 1, 15, 54, 54, '01a2253b-402f-757d-9c48-522d8c83c33c', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('audit', 1, 0, 54, 39, '01a2253b-402e-750d-8944-d35d34e6432c', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('audit', 1, 1, 54, 40, '01a2253b-402e-750d-8944-d35ead186c35', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('audit', 1, 2, 54, 41, '01a2253b-402e-750d-8944-d35f6acc937e', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('audit', 1, 3, 54, 42, '01a2253b-402e-750d-8944-d3601bd6f009', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('audit', 1, 4, 54, 43, '01a2253b-402e-750d-8944-d3611a80cfd6', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('audit', 1, 5, 54, 44, '01a2253b-402e-750d-8944-d3623d822a3c', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('audit', 1, 6, 54, 45, '01a2253b-402e-750d-8944-d36359dfc226', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('posting_totals', 1, 5, 54, 44, '01a2253b-402e-750d-8944-d3623d822a3c', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('posting_totals', 1, 6, 54, 45, '01a2253b-402e-750d-8944-d36359dfc226', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('posting_totals', 1, 7, 54, 46, '01a2253b-402e-750d-8944-d36461875fa0', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('posting_totals', 1, 8, 54, 47, '01a2253b-402e-750d-8944-d365a843ea1e', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('posting_totals', 1, 9, 54, 48, '01a2253b-402f-757d-9c48-5227b65aba97', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('posting_totals', 1, 10, 54, 49, '01a2253b-402f-757d-9c48-5228fe73d0f4', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('posting_totals', 1, 11, 54, 50, '01a2253b-402f-757d-9c48-52296c9ffde2', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('posting_totals', 1, 12, 54, 51, '01a2253b-402f-757d-9c48-522a577f33b6', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('posting_totals', 1, 13, 54, 52, '01a2253b-402f-757d-9c48-522b586b5ff4', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('posting_totals', 1, 14, 54, 53, '01a2253b-402f-757d-9c48-522cc17cd532', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('posting_totals', 1, 15, 54, 54, '01a2253b-402f-757d-9c48-522d8c83c33c', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('audit', 1, 7, 54, 46, '01a2253b-402e-750d-8944-d36461875fa0', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('audit', 1, 8, 54, 47, '01a2253b-402e-750d-8944-d365a843ea1e', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('audit', 1, 9, 54, 48, '01a2253b-402f-757d-9c48-5227b65aba97', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('audit', 1, 10, 54, 49, '01a2253b-402f-757d-9c48-5228fe73d0f4', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('audit', 1, 11, 54, 50, '01a2253b-402f-757d-9c48-52296c9ffde2', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('audit', 1, 12, 54, 51, '01a2253b-402f-757d-9c48-522a577f33b6', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('audit', 1, 13, 54, 52, '01a2253b-402f-757d-9c48-522b586b5ff4', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('audit', 1, 14, 54, 53, '01a2253b-402f-757d-9c48-522cc17cd532', false, NULL, NULL, NULL, NULL, NULL, 0, 0),
	('audit', 1, 15, 54, 54, '01a2253b-402f-757d-9c48-522d8c83c33c', false, NULL, NULL, NULL, NULL, NULL, 0, 0);

INSERT INTO read.daily_activity_1 VALUES
	('2026-11-29', 'USD', 'deposit', 5, 1, 250000),
	('2026-11-29', 'USD', 'deposit', 2, 1, 10000),
	('2026-11-29', 'USD', 'deposit', 1, 1, 777),
	('2026-11-29', 'USD', 'withdrawal', 5, 1, 1250),
	('2026-11-29', 'USD', 'fee', 5, 1, 99),
	('2026-11-29', 'USD', 'refund', 5, 1, 500),
	('2026-11-29', 'USD', 'transfer_in', 2, 1, 40000),
	('2026-11-29', 'USD', 'transfer_out', 5, 1, 40000);

INSERT INTO read.generations VALUES
	('accounts', 1, 3, 'current', '2026-11-29 02:55:53.610637+00', 0, NULL, NULL, NULL, NULL, NULL),
	('account_entries', 1, 4, 'current', '2026-11-29 02:55:53.646297+00', 0, NULL, NULL, NULL, NULL, NULL),
	('transfers', 1, 3, 'current', '2026-11-29 02:55:53.663563+00', 0, NULL, NULL, NULL, NULL, NULL),
	('daily_activity', 1, 1, 'current', '2026-11-29 02:55:53.710517+00', 0, NULL, NULL, NULL, NULL, NULL),
	('postings', 1, 1, 'current', '2026-11-29 02:55:53.723006+00', 0, NULL, NULL, NULL, NULL, NULL),
	('posting_totals', 1, 1, 'current', '2026-11-29 02:55:53.741509+00', 0, NULL, NULL, NULL, NULL, NULL),
	('audit', 1, 5, 'current', '2026-11-29 02:55:53.764006+00', 0, NULL, NULL, NULL, NULL, NULL);

INSERT INTO read.migrations VALUES
	(1, 'roles', '2026-11-29 02:55:53.450346+00', true, '\x88b3f54b76bc32df16b74cfae424110f3ff30eb9f572441df06e05e04ab1341365a116ec7a1e16f3072bf903d68a3e75', 9985587),
	(2, 'projections', '2026-11-29 02:55:53.450346+00', true, '\x52844b3ab5951e82567efa82c49717831a8fd30e7bff744d98070927b3e4776c5282b5ab93097f7a374a8df3a605e4e7', 6713903),
	(3, 'checkpoints', '2026-11-29 02:55:53.450346+00', true, '\x50d21828ddb90107c48fcc8f96fcdd2be3f59338f27a2e9ae56968201962b27e8424b63a5c4ad1c610b87999049a0b1d', 16856444),
	(4, 'generations', '2026-11-29 02:55:53.450346+00', true, '\xdb0a50a606c459357f5087389cf960d934a419b7c922b912c736390b57d61e7879e5fc6769c5cee2a2ea947c42402dae', 30013024),
	(10, 'instances', '2026-11-29 02:55:53.450346+00', true, '\x5f0e8fe7e948afd0c7d4c579ec7547077103ff86dd42b05a570444303ddc43efcb08b4404000b3395c020fd3f77854ae', 26128769),
	(11, 'leases', '2026-11-29 02:55:53.450346+00', true, '\xa842cf33860b43e559ca0397a66bde3c2d1a0f2abbf482ded7952a8a17c56baa010ff9001edd5a6af3f8504db0574081', 14843470),
	(12, 'stop decisions', '2026-11-29 02:55:53.450346+00', true, '\x09fe3a0319b5125e838a4ded585a74e49aeb62080e4ddac3002f8c9166b7aad8b5e8eeb21021c2549984cce139555e68', 558881),
	(13, 'living', '2026-11-29 02:55:53.450346+00', true, '\x0358608c12686a1a3ad4be7bbfb355c8978d0b5efae6b0924c4bdf8127d6e58b709ff993d0923ec1fd34f03daa3ff021', 15861163),
	(14, 'kept decisions', '2026-11-29 02:55:53.450346+00', true, '\xb5a739b2ae5dae2a0fcd912551f8c6a72c799f40e72eca02a3fa6efe9920ae16bcff663f2e745a20ad4277138e342ef2', 2736359),
	(40, 'no kept decisions', '2026-11-29 02:55:53.450346+00', true, '\xb0573589651c385594c791b374180479f860dfd01b679ff42501ac8f2a819e91aafefb624a570e8a1705ef1795029a61', 713491),
	(60, 'no scratch', '2026-11-29 02:55:53.450346+00', true, '\x57903af50fc616b8a21c108cacbd75ae95b1443e3d05d2d126515a0049ec9680a9b977bb69fc52656062e7e7e1ef092f', 13748542);

INSERT INTO read.posting_totals_1 VALUES
	(0, 'USD', 'cash-clearing', 2, 10000, 0),
	(0, 'USD', 'cash-clearing', 1, 777, 0),
	(0, 'USD', 'customers', 1, 0, 777),
	(0, 'USD', 'cash-clearing', 5, 250000, 1250),
	(0, 'USD', 'fee-income', 5, 0, 99),
	(0, 'USD', 'refunds-payable', 5, 0, 500),
	(0, 'USD', 'customers', 2, 0, 50000),
	(0, 'USD', 'customers', 5, 41849, 250000),
	(0, 'USD', 'transfers-in-transit', 2, 40000, 0),
	(0, 'USD', 'transfers-in-transit', 5, 0, 40000);

INSERT INTO read.postings_1 VALUES
	(5, 250000, 5, 'USD', 'cash-clearing', 'customer:alice'),
	(6, 10000, 2, 'USD', 'cash-clearing', 'customer:bob'),
	(8, 777, 1, 'USD', 'cash-clearing', 'customer:dave'),
	(9, 1250, 5, 'USD', 'customer:alice', 'cash-clearing'),
	(10, 99, 5, 'USD', 'customer:alice', 'fee-income'),
	(11, 500, 5, 'USD', 'customer:alice', 'refunds-payable'),
	(20, 40000, 5, 'USD', 'customer:alice', 'transfers-in-transit'),
	(21, 40000, 2, 'USD', 'transfers-in-transit', 'customer:bob');

INSERT INTO read.projections VALUES
	('accounts', 1, 3),
	('account_entries', 1, 4),
	('transfers', 1, 3),
	('daily_activity', 1, 1),
	('postings', 1, 1),
	('posting_totals', 1, 1),
	('audit', 1, 5);

INSERT INTO read.transfers_1 VALUES
	('rejected', 11, 'alice', 'bob', 5000, 'USD', 'rejected', true, 2, 22, '[{"actor": "ines", "reason": "HYyvHCLxPBXnBBF5Jh7UaVPGeFW7mAG8hV2ANb48s0D0PtlrHsFlGw==", "status": "initiated", "subject": "alice", "position": 22, "command_id": "initiate-rejected", "recorded_at": "2026-11-29T02:56:09.491284Z"}, {"actor": "otto", "reason": "wkbSzwccO+FoiZBJKiMd9k7KbNCs6Wb2Jxqg9DaYtiTFQmq8rw==", "status": "rejected", "subject": "alice", "position": 24, "command_id": "reject-rejected", "recorded_at": "2026-11-29T02:56:09.507987Z"}]'),
	('executed', 0, 'alice', 'bob', 40000, 'USD', 'executed', true, 3, 15, '[{"actor": "ines", "reason": "Lbcuh8g3ErUNR298oEVtZtoU845h8XEpVIZAA/B8g3pz0PuGIjHs6g==", "status": "initiated", "subject": "alice", "position": 15, "command_id": "initiate-executed", "recorded_at": "2026-11-29T02:56:09.434721Z"}, {"actor": "otto", "reason": "2iz6Ku4NWiJsxUVixknKEZRjzQ0MlFrZtyMWoWpFb9bMTpWU6Q==", "status": "approved", "subject": "alice", "position": 17, "command_id": "approve-executed", "recorded_at": "2026-11-29T02:56:09.453487Z"}, {"actor": "night-run", "reason": null, "status": "executed", "position": 18, "recorded_at": "2026-11-29T02:56:09.47851Z"}]'),
	('small', 8, 'alice', 'bob', 400, 'USD', 'initiated', false, 1, 31, '[{"actor": "ines", "reason": "dedltKksfmc31BFHjyHW3cYRjVpUGcoFIuDPeyH2sPbW1LYCSx9beA==", "status": "initiated", "subject": "alice", "position": 31, "command_id": "initiate-small", "recorded_at": "2026-11-29T02:56:09.622186Z"}]'),
	('cancelled', 0, 'alice', 'bob', 6000, 'USD', 'cancelled', true, 3, 26, '[{"actor": "ines", "reason": "g6Q7t1AYaJxRCUlrAfef+xgkH6DZxHdbcZgMCUqElKXoYrXAKQ0EfA==", "status": "initiated", "subject": "alice", "position": 26, "command_id": "initiate-cancelled", "recorded_at": "2026-11-29T02:56:09.544342Z"}, {"actor": "otto", "reason": "jY3f+9ksJQ8zM4e45b+yil0aphzRM4QQmHbf9wFRali6kghMBQ==", "status": "approved", "subject": "alice", "position": 28, "command_id": "approve-cancelled", "recorded_at": "2026-11-29T02:56:09.570334Z"}, {"actor": "ines", "reason": null, "status": "cancelled", "position": 29, "recorded_at": "2026-11-29T02:56:09.594556Z"}]'),
	('open', 13, 'alice', 'bob', 7000, 'USD', 'initiated', true, 1, 33, '[{"actor": "ines", "reason": "emdLqwsrLOkjr7qO6qRO2a0MId2r9uOZb5AspNkxuce+MOudYgYYuQ==", "status": "initiated", "subject": "alice", "position": 33, "command_id": "initiate-open", "recorded_at": "2026-11-29T02:56:09.646672Z"}]');

ALTER TABLE ONLY log.commands
    ADD CONSTRAINT commands_pkey PRIMARY KEY (command_id);

ALTER TABLE log.events
    ADD CONSTRAINT events_actor_check CHECK ((COALESCE((metadata ->> 'actor'::text), ''::text) <> ''::text)) NOT VALID;

ALTER TABLE ONLY log.events
    ADD CONSTRAINT events_position_key UNIQUE ("position");

ALTER TABLE ONLY log.events
    ADD CONSTRAINT events_stream_version_key UNIQUE (stream_id, version);

ALTER TABLE ONLY log.head
    ADD CONSTRAINT head_pkey PRIMARY KEY ("position");

ALTER TABLE ONLY log.identity
    ADD CONSTRAINT identity_only_row_key UNIQUE (only_row);

ALTER TABLE ONLY log.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (version);

ALTER TABLE ONLY log.past_snapshots
    ADD CONSTRAINT past_snapshots_pkey PRIMARY KEY (stream_id, mark);

ALTER TABLE ONLY log.snapshots
    ADD CONSTRAINT snapshots_pkey PRIMARY KEY (stream_id);

ALTER TABLE ONLY proof.checkpoints
    ADD CONSTRAINT checkpoints_pkey PRIMARY KEY (origin, size, key_id);

ALTER TABLE ONLY proof.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (version);

ALTER TABLE ONLY proof.tiles
    ADD CONSTRAINT tiles_pkey PRIMARY KEY (origin, level, index);

ALTER TABLE ONLY proof.trees
    ADD CONSTRAINT trees_pkey PRIMARY KEY (origin);

ALTER TABLE ONLY read.account_entries_1
    ADD CONSTRAINT account_entries_1_pkey PRIMARY KEY (account_hash, recorded_at, "position");

ALTER TABLE ONLY read.accounts_1
    ADD CONSTRAINT accounts_1_pkey PRIMARY KEY (account_id);

ALTER TABLE ONLY read.audit_1
    ADD CONSTRAINT audit_1_pkey PRIMARY KEY ("position");

ALTER TABLE ONLY read.checkpoints
    ADD CONSTRAINT checkpoints_pkey PRIMARY KEY (projection, generation, partition);

ALTER TABLE ONLY read.daily_activity_1
    ADD CONSTRAINT daily_activity_1_pkey PRIMARY KEY (day, currency, kind, partition);

ALTER TABLE ONLY read.generations
    ADD CONSTRAINT generations_pkey PRIMARY KEY (projection, generation);

ALTER TABLE ONLY read.instances
    ADD CONSTRAINT instances_pkey PRIMARY KEY (projector_group, instance);

ALTER TABLE ONLY read.leases
    ADD CONSTRAINT leases_pkey PRIMARY KEY (projector_group, partition);

ALTER TABLE ONLY read.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (version);

ALTER TABLE ONLY read.posting_totals_1
    ADD CONSTRAINT posting_totals_1_pkey PRIMARY KEY (block, currency, account, partition);

ALTER TABLE ONLY read.postings_1
    ADD CONSTRAINT postings_1_pkey PRIMARY KEY ("position");

ALTER TABLE ONLY read.projections
    ADD CONSTRAINT projections_pkey PRIMARY KEY (projection);

ALTER TABLE ONLY read.transfers_1
    ADD CONSTRAINT transfers_1_pkey PRIMARY KEY (transfer_id);

CREATE INDEX audit_1_actor ON read.audit_1 USING btree ((((hashtextextended(actor, (0)::bigint) << 43) | "position"))) WITH (deduplicate_items=off);

CREATE INDEX audit_1_causation_id ON read.audit_1 USING btree (hashtextextended(causation_id, (0)::bigint), "position") WITH (deduplicate_items=off) WHERE (causation_id IS NOT NULL);

CREATE INDEX audit_1_correlation_id ON read.audit_1 USING btree (hashtextextended(correlation_id, (0)::bigint), "position") WITH (deduplicate_items=off);

CREATE INDEX audit_1_event_type ON read.audit_1 USING btree (hashtextextended(event_type, (0)::bigint), "position") WITH (deduplicate_items=off) WHERE ((event_type <> 'money-deposited'::text) AND (event_type <> 'money-withdrawn'::text));

CREATE INDEX audit_1_magnitude ON read.audit_1 USING btree (magnitude, "position") WITH (deduplicate_items=off) WHERE (magnitude IS NOT NULL);

CREATE INDEX audit_1_stream_id ON read.audit_1 USING btree (hashtextextended(stream_id, (0)::bigint), "position") WITH (deduplicate_items=off);

CREATE INDEX audit_1_subject_id ON read.audit_1 USING btree (subject_id, partition) WHERE ((subject_id IS NOT NULL) AND (words IS NOT NULL));

CREATE INDEX audit_1_words ON read.audit_1 USING gin (words) WHERE (words IS NOT NULL);

CREATE UNIQUE INDEX generations_one_building ON read.generations USING btree (projection) WHERE (state = 'building'::text);

CREATE UNIQUE INDEX generations_one_current ON read.generations USING btree (projection) WHERE (state = 'current'::text);

CREATE UNIQUE INDEX generations_one_kept ON read.generations USING btree (projection) WHERE (state = 'kept'::text);

CREATE INDEX transfers_1_destination_account_id_initiated_position_idx ON read.transfers_1 USING btree (destination_account_id, initiated_position);

CREATE INDEX transfers_1_initiated_position_idx ON read.transfers_1 USING btree (initiated_position);

CREATE INDEX transfers_1_source_account_id_initiated_position_idx ON read.transfers_1 USING btree (source_account_id, initiated_position);

CREATE INDEX transfers_1_status_initiated_position_idx ON read.transfers_1 USING btree (status, initiated_position);

CREATE TRIGGER events_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON log.events FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();

ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_append_only;

CREATE TRIGGER identity_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON log.identity FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();

ALTER TABLE log.identity ENABLE ALWAYS TRIGGER identity_append_only;

CREATE TRIGGER checkpoints_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON proof.checkpoints FOR EACH STATEMENT EXECUTE FUNCTION proof.refuse_change();

ALTER TABLE proof.checkpoints ENABLE ALWAYS TRIGGER checkpoints_append_only;

ALTER TABLE ONLY read.leases
    ADD CONSTRAINT leases_instance_fkey FOREIGN KEY (projector_group, instance) REFERENCES read.instances(projector_group, instance) ON DELETE CASCADE;

GRANT USAGE ON SCHEMA log TO daybook_command;
GRANT USAGE ON SCHEMA log TO daybook_projector;
GRANT USAGE ON SCHEMA log TO daybook_query;
GRANT USAGE ON SCHEMA log TO daybook_prover;

GRANT USAGE ON SCHEMA proof TO daybook_prover;
GRANT USAGE ON SCHEMA proof TO daybook_query;
GRANT USAGE ON SCHEMA proof TO daybook_projector;

GRANT ALL ON SCHEMA read TO daybook_projector;
GRANT USAGE ON SCHEMA read TO daybook_query;

GRANT SELECT,INSERT ON TABLE log.commands TO daybook_command;
GRANT SELECT ON TABLE log.commands TO daybook_query;
GRANT SELECT ON TABLE log.commands TO daybook_projector;

GRANT SELECT,INSERT ON TABLE log.events TO daybook_command;
GRANT SELECT ON TABLE log.events TO daybook_projector;
GRANT SELECT ON TABLE log.events TO daybook_query;
GRANT SELECT ON TABLE log.events TO daybook_prover;

GRANT SELECT,UPDATE ON TABLE log.head TO daybook_command;
GRANT SELECT ON TABLE log.head TO daybook_projector;
GRANT SELECT ON TABLE log.head TO daybook_query;
GRANT SELECT ON TABLE log.head TO daybook_prover;

GRANT SELECT ON TABLE log.identity TO daybook_command;
GRANT SELECT ON TABLE log.identity TO daybook_projector;
GRANT SELECT ON TABLE log.identity TO daybook_query;
GRANT SELECT ON TABLE log.identity TO daybook_prover;

GRANT SELECT,INSERT,UPDATE ON TABLE log.past_snapshots TO daybook_command;
GRANT SELECT ON TABLE log.past_snapshots TO daybook_query;
GRANT SELECT ON TABLE log.past_snapshots TO daybook_projector;

GRANT SELECT,INSERT,UPDATE ON TABLE log.snapshots TO daybook_command;
GRANT SELECT ON TABLE log.snapshots TO daybook_query;
GRANT SELECT ON TABLE log.snapshots TO daybook_projector;

GRANT INSERT,TRUNCATE ON TABLE log.write_probe TO daybook_command;

GRANT SELECT,INSERT ON TABLE proof.checkpoints TO daybook_prover;
GRANT SELECT ON TABLE proof.checkpoints TO daybook_query;
GRANT SELECT ON TABLE proof.checkpoints TO daybook_projector;

GRANT SELECT,INSERT,UPDATE ON TABLE proof.tiles TO daybook_prover;
GRANT SELECT ON TABLE proof.tiles TO daybook_query;
GRANT SELECT ON TABLE proof.tiles TO daybook_projector;

GRANT SELECT,INSERT,UPDATE ON TABLE proof.trees TO daybook_prover;
GRANT SELECT ON TABLE proof.trees TO daybook_query;
GRANT SELECT ON TABLE proof.trees TO daybook_projector;

GRANT SELECT ON TABLE read.account_entries_1 TO daybook_query;

GRANT SELECT ON TABLE read.accounts_1 TO daybook_query;

GRANT SELECT ON TABLE read.audit_1 TO daybook_query;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE read.checkpoints TO daybook_projector;
GRANT SELECT ON TABLE read.checkpoints TO daybook_query;

GRANT SELECT ON TABLE read.daily_activity_1 TO daybook_query;

GRANT SELECT,INSERT,UPDATE ON TABLE read.generations TO daybook_projector;
GRANT SELECT ON TABLE read.generations TO daybook_query;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE read.instances TO daybook_projector;
GRANT SELECT ON TABLE read.instances TO daybook_query;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE read.leases TO daybook_projector;
GRANT SELECT ON TABLE read.leases TO daybook_query;

GRANT SELECT ON TABLE read.live_instances TO daybook_projector;
GRANT SELECT ON TABLE read.live_instances TO daybook_query;

GRANT SELECT ON TABLE read.posting_totals_1 TO daybook_query;

GRANT SELECT ON TABLE read.postings_1 TO daybook_query;

GRANT SELECT,INSERT,UPDATE ON TABLE read.projections TO daybook_projector;
GRANT SELECT ON TABLE read.projections TO daybook_query;

GRANT SELECT ON TABLE read.running_builds TO daybook_projector;
GRANT SELECT ON TABLE read.running_builds TO daybook_query;

GRANT SELECT ON TABLE read.transfers_1 TO daybook_query;

ALTER DEFAULT PRIVILEGES FOR ROLE daybook_projector IN SCHEMA read GRANT SELECT ON TABLES  TO daybook_query;

