-- One row an account, as it stands. `{generation}` is put in by the projector.
CREATE TABLE read.accounts_{generation} (
    account_id      text        COLLATE "C" NOT NULL,
    partition       smallint    NOT NULL,
    -- As the log has it: sealed for subject_id in command command_id, or in plain where these are NULL.
    owner           text        NOT NULL,
    currency        text        NOT NULL,
    -- Posted, in minor units.
    balance         bigint      NOT NULL,
    -- Held for transfers that are not executed yet, in minor units.
    held            bigint      NOT NULL,
    overdraft_limit bigint      NOT NULL,
    -- 'open', 'frozen' or 'closed'.
    status          text        NOT NULL,
    -- Version of the stream that the row reflects.
    version         bigint      NOT NULL,
    opened_at       timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    subject_id      text        COLLATE "C",
    command_id      text        COLLATE "C"
) WITH (fillfactor = 70);

-- [key]
ALTER TABLE read.accounts_{generation} ADD PRIMARY KEY (account_id);
