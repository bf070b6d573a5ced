-- One row an event of the log, whatever its stream: what SearchAudit finds. `{generation}` is put in by the projector.
CREATE TABLE read.audit_{generation} (
    position       bigint      NOT NULL,
    recorded_at    timestamptz NOT NULL,
    -- Version of the event in its stream.
    version        bigint      NOT NULL,
    -- In minor units; NULL where the event carries no amount.
    amount         bigint,
    event_id       uuid        NOT NULL,
    partition      smallint    NOT NULL,
    -- Grows with the amount, eight to each doubling (daybook_core::magnitude::magnitude_of). 0: a later step of a transfer, whose
    -- amount stands in the first event of its stream. NULL: it is about no amount.
    magnitude      smallint,
    stream_id      text        COLLATE "C" NOT NULL,
    event_type     text        COLLATE "C" NOT NULL,
    actor          text        COLLATE "C" NOT NULL,
    correlation_id text        COLLATE "C" NOT NULL,
    causation_id   text        COLLATE "C",
    -- NULL: the same as correlation_id, as it is unless the caller gave one.
    command_id     text        COLLATE "C",
    currency       text,
    ip             text,
    -- As the log has it: sealed for subject_id in the event's command, or in plain where that is NULL. An empty one was given
    -- and not recorded, because its subject was forgotten.
    reason         text,
    -- The hashes of its words (daybook_core::words), those of a sealed one under the key store's word key; NULL where its
    -- subject is forgotten. An index of numbers is made in two thirds of the time of one of texts. What that still holds of
    -- them goes with the next VACUUM.
    words          bigint[],
    subject_id     text        COLLATE "C"
);

-- [key]
-- Serves ranges of positions and, since times never decrease with position, of times.
ALTER TABLE read.audit_{generation} ADD PRIMARY KEY (position);

-- [indexes]
-- Words of reasons. It comes first because it takes longest, and other indexes are made beside it.
CREATE INDEX audit_{generation}_words ON read.audit_{generation} USING gin (words) WHERE words IS NOT NULL;
-- Each serves one filter in the order of positions, forwards and backwards. Texts are found by a hash of 8 bytes, and looked
-- at themselves in the row: ids of one kind begin alike, so that sorting them compares them to their ends, and an index of
-- numbers takes a third of the time and half of the pages. No two entries are equal, so looking for equal ones is in vain.
CREATE INDEX audit_{generation}_stream_id ON read.audit_{generation} (hashtextextended(stream_id, 0), position)
    WITH (deduplicate_items = off);
-- Without those that are met wherever one looks.
CREATE INDEX audit_{generation}_event_type ON read.audit_{generation} (hashtextextended(event_type, 0), position)
    WITH (deduplicate_items = off) WHERE event_type <> 'money-deposited' AND event_type <> 'money-withdrawn';
CREATE INDEX audit_{generation}_correlation_id ON read.audit_{generation} (hashtextextended(correlation_id, 0), position)
    WITH (deduplicate_items = off);
CREATE INDEX audit_{generation}_causation_id ON read.audit_{generation} (hashtextextended(causation_id, 0), position)
    WITH (deduplicate_items = off) WHERE causation_id IS NOT NULL;
-- Few actors do much, so that nearly all comparisons would go on to the position: it is made one number with the last 21 bits
-- of the hash, in half the time. There is room for 2^43 positions, nine million million.
CREATE INDEX audit_{generation}_actor ON read.audit_{generation} (((hashtextextended(actor, 0) << 43) | position))
    WITH (deduplicate_items = off);
-- An amount range is a few magnitudes, each in the order of positions.
CREATE INDEX audit_{generation}_magnitude ON read.audit_{generation} (magnitude, position)
    WITH (deduplicate_items = off) WHERE magnitude IS NOT NULL;
-- Whose words are to be cleared when somebody is forgotten.
CREATE INDEX audit_{generation}_subject_id ON read.audit_{generation} (subject_id, partition)
    WHERE subject_id IS NOT NULL AND words IS NOT NULL;
