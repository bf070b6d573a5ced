-- One row a money movement of an account: its statement. `{generation}` is put in by the projector.
CREATE TABLE read.account_entries_{generation} (
    account_id     text        COLLATE "C" NOT NULL,
    recorded_at    timestamptz NOT NULL,
    -- Version of the event in the account's stream.
    version        bigint      NOT NULL,
    position       bigint      NOT NULL,
    partition      smallint    NOT NULL,
    -- 'deposit', 'withdrawal', 'fee', 'refund', 'transfer_in' or 'transfer_out'.
    kind           text        NOT NULL,
    -- Signed, in minor units of the account's currency.
    amount         bigint      NOT NULL,
    -- Posted balance after it.
    balance        bigint      NOT NULL,
    currency       text        NOT NULL,
    -- The other account of a transfer, the customer of a refund (NULL: erased).
    counterparty   text,
    transfer_id    text,
    actor          text        NOT NULL,
    reason         text,
    correlation_id text        NOT NULL,
    -- Whose sealed text the reason or the customer's name is, also when it is erased; NULL where the log has it in plain.
    subject_id     text        COLLATE "C",
    -- Stands for account_id in the key: numbers are put in order in half the time of texts that begin alike. Two accounts may
    -- have the same, so the text is looked at too.
    account_hash   bigint      NOT NULL GENERATED ALWAYS AS (hashtextextended(account_id, 0)) STORED
);

-- [key]
-- Serves statements by account and time; neither times nor an account's versions decrease with position.
ALTER TABLE read.account_entries_{generation} ADD PRIMARY KEY (account_hash, recorded_at, position);

-- [indexes]
-- What is to be erased when somebody is forgotten, of other accounts too: without it that would be a walk through all rows.
CREATE INDEX ON read.account_entries_{generation} (subject_id, partition) WHERE subject_id IS NOT NULL;
