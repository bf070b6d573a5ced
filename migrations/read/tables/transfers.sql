-- One row a transfer: who took each step, when and why. `{generation}` is put in by the projector.
CREATE TABLE read.transfers_{generation} (
    transfer_id            text     COLLATE "C" NOT NULL,
    partition              smallint NOT NULL,
    source_account_id      text     COLLATE "C" NOT NULL,
    destination_account_id text     COLLATE "C" NOT NULL,
    amount                 bigint   NOT NULL,
    currency               text     NOT NULL,
    -- 'initiated', 'approved', 'rejected', 'cancelled' or 'executed'.
    status                 text     NOT NULL,
    approval_required      boolean  NOT NULL,
    version                bigint   NOT NULL,
    -- Position of its first event: the order of lists.
    initiated_position     bigint   NOT NULL,
    -- [{"status", "actor", "recorded_at", "reason", "position", "subject", "command_id"}], in order. The reason is as the log
    -- has it: sealed for the subject in the command, or in plain where these are absent. An empty one was given and not
    -- recorded, because its subject was forgotten.
    steps                  jsonb    NOT NULL
);

-- [key]
ALTER TABLE read.transfers_{generation} ADD PRIMARY KEY (transfer_id);
-- From now on rows are there to be changed. What a rebuild had filled in before has, nearly all of it, come to its end.
ALTER TABLE read.transfers_{generation} SET (fillfactor = 70);

-- [indexes]
-- Lists of an account's transfers, and of those in a status, the newest first.
CREATE INDEX ON read.transfers_{generation} (source_account_id, initiated_position);
CREATE INDEX ON read.transfers_{generation} (destination_account_id, initiated_position);
CREATE INDEX ON read.transfers_{generation} (status, initiated_position);
CREATE INDEX ON read.transfers_{generation} (initiated_position);
