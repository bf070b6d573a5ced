-- The Merkle tree over the log, a row for each origin: the name under which its checkpoints are signed. The private key
-- is in a file of the prover's, never here.
CREATE TABLE proof.trees (
    origin text   COLLATE "C" NOT NULL CONSTRAINT trees_pkey PRIMARY KEY,
    -- Which log it is over.
    log_id uuid   NOT NULL,
    -- Its leaves: positions 1 to this one. Moves by compare-and-set, in the transaction that writes the tiles: of two
    -- provers one finds another number than it holds, and starts over from here.
    size   bigint NOT NULL DEFAULT 0 CHECK (size >= 0)
) WITH (
    -- Updated with every batch.
    fillfactor = 50,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_scale_factor = 0
);

-- The tree's hashes, as C2SP tlog-tiles lays them out.
CREATE TABLE proof.tiles (
    origin text     COLLATE "C" NOT NULL,
    -- 0 holds leaves; a hash of level l is the root of 256^l leaves.
    level  smallint NOT NULL,
    -- From the left, from 0.
    index  bigint   NOT NULL,
    -- 32 bytes each; 256 of them, but in the last tile of a level.
    hashes bytea    NOT NULL CHECK (length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0),
    CONSTRAINT tiles_pkey PRIMARY KEY (origin, level, index)
);
-- Hashes do not compress.
ALTER TABLE proof.tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;

GRANT SELECT, INSERT, UPDATE ON proof.trees, proof.tiles TO daybook_prover;
GRANT SELECT ON proof.trees, proof.tiles TO daybook_query, daybook_projector;
