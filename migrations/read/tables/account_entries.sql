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
    -- The other account of a transfer, the customer of a refund.
    counterparty   text,
    transfer_id    text,
    actor          text        NOT NULL,
    -- Reason and customer as the log has them: sealed for subject_id in command command_id, or in plain where these are NULL.
    -- An empty reason was given and not recorded, because its subject was forgotten.
    reason         text,
    correlation_id text        NOT NULL,
    subject_id     text        COLLATE "C",
    command_id     text        COLLATE "C",
    -- Stands for account_id in the key: numbers are put in order in half the time of texts that begin alike. Two accounts may
    -- have the same, so the text is looked at too.
    account_hash   bigint      NOT NULL GENERATED ALWAYS AS (hashtextextended(account_id, 0)) STORED
);

-- [key]
-- Serves statements by account and time; neither times nor an account's versions decrease with position.
ALTER TABLE read.account_entries_{generation} ADD PRIMARY KEY (account_hash, recorded_at, position);
