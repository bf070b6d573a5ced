-- One row a day (UTC), currency, kind and partition; a query sums over the partitions, because a row belongs to one
-- partition. `{generation}` is put in by the projector.
CREATE TABLE read.daily_activity_{generation} (
    day       date     NOT NULL,
    currency  text     NOT NULL,
    -- As in account_entries.
    kind      text     NOT NULL,
    partition smallint NOT NULL,
    count     bigint   NOT NULL,
    -- Sum of amounts without sign, in minor units; wider than 64 bits in the long run.
    volume    numeric  NOT NULL
) WITH (fillfactor = 70);

-- [key]
ALTER TABLE read.daily_activity_{generation} ADD PRIMARY KEY (day, currency, kind, partition);
