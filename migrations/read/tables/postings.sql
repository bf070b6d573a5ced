-- Double entry: one row an event that moves money, with the account that it debits and the one that it credits. Both
-- lines of a posting are one row, as bookkeepers write them: half the rows, and one that does not balance cannot be
-- stored. `{generation}` is put in by the projector.
CREATE TABLE read.postings_{generation} (
    position  bigint   NOT NULL,
    -- In minor units, more than zero.
    amount    bigint   NOT NULL,
    partition smallint NOT NULL,
    currency  text     NOT NULL,
    -- 'customer:<account id>', or an account of the house: 'cash-clearing', 'fee-income', 'refunds-payable',
    -- 'transfers-in-transit'.
    debit     text     NOT NULL,
    credit    text     NOT NULL
);

-- [key]
-- Serves the part of a trial balance that posting_totals does not hold whole: a range of positions.
ALTER TABLE read.postings_{generation} ADD PRIMARY KEY (position);
