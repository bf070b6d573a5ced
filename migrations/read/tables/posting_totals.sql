-- What was posted in each block of 65,536 positions: so a trial balance of a log of any length is a sum over few rows,
-- and over the postings of one block where it is cut in the middle of it. One row a block, currency, account and
-- partition, because a row belongs to one partition. `{generation}` is put in by the projector.
CREATE TABLE read.posting_totals_{generation} (
    -- Position divided by 65,536, rounded down.
    block     bigint   NOT NULL,
    currency  text     NOT NULL,
    -- As in postings, but all customers are one: 'customers'.
    account   text     NOT NULL,
    partition smallint NOT NULL,
    -- Sums in minor units; wider than 64 bits in the long run.
    debits    numeric  NOT NULL,
    credits   numeric  NOT NULL
) WITH (fillfactor = 70);

-- [key]
ALTER TABLE read.posting_totals_{generation} ADD PRIMARY KEY (block, currency, account, partition);
