WITH money AS (
    SELECT substr(stream_id, 9) AS account_id, position, version, event_type, recorded_at, metadata, partition, data,
           (data -> 'amount' ->> 'minor_units')::bigint *
               CASE WHEN event_type IN ('money-deposited', 'transfer-credited') THEN 1
                    WHEN event_type IN ('money-withdrawn', 'fee-charged', 'money-refunded', 'transfer-debited') THEN -1
                    ELSE 0 END AS moved,
           (data -> 'amount' ->> 'minor_units')::bigint *
               CASE event_type WHEN 'funds-held' THEN 1 WHEN 'hold-released' THEN -1 ELSE 0 END AS held,
           CASE event_type
               WHEN 'money-deposited' THEN 'deposit' WHEN 'money-withdrawn' THEN 'withdrawal'
               WHEN 'fee-charged' THEN 'fee' WHEN 'money-refunded' THEN 'refund'
               WHEN 'transfer-credited' THEN 'transfer_in' WHEN 'transfer-debited' THEN 'transfer_out' END AS kind
    FROM log.events
    WHERE stream_type = 'account'
), accounts AS (
    SELECT account_id, coalesce(sum(moved), 0) AS balance, coalesce(sum(held), 0) AS held, max(version) AS version,
           max(recorded_at) AS updated_at
    FROM money GROUP BY account_id
), entries AS (
    SELECT *, sum(moved) OVER (PARTITION BY account_id ORDER BY version) AS balance
    FROM money WHERE kind IS NOT NULL
), activity AS (
    SELECT (recorded_at AT TIME ZONE 'UTC')::date AS day, data -> 'amount' ->> 'currency' AS currency, kind,
           count(*) AS count, sum(abs(moved)) AS volume
    FROM money WHERE kind IS NOT NULL GROUP BY 1, 2, 3
), lines AS (
    -- Both sides of each movement: the customer's, and that of the house.
    SELECT position, partition, data -> 'amount' ->> 'currency' AS currency, abs(moved) AS amount, moved > 0 AS credits_customer,
           'customer:' || account_id AS customer,
           CASE kind WHEN 'deposit' THEN 'cash-clearing' WHEN 'withdrawal' THEN 'cash-clearing' WHEN 'fee' THEN 'fee-income'
               WHEN 'refund' THEN 'refunds-payable' ELSE 'transfers-in-transit' END AS house
    FROM money WHERE kind IS NOT NULL
), posted AS (
    SELECT position, partition, currency, amount, CASE WHEN credits_customer THEN house ELSE customer END AS debit,
           CASE WHEN credits_customer THEN customer ELSE house END AS credit
    FROM lines
), totals AS (
    SELECT position / 65536 AS block, currency, account, partition, sum(debit) AS debits, sum(credit) AS credits
    FROM lines
    CROSS JOIN LATERAL (VALUES
        ('customers', CASE WHEN credits_customer THEN 0 ELSE amount END, CASE WHEN credits_customer THEN amount ELSE 0 END),
        (house, CASE WHEN credits_customer THEN amount ELSE 0 END, CASE WHEN credits_customer THEN 0 ELSE amount END)
    ) AS side (account, debit, credit)
    GROUP BY 1, 2, 3, 4
), transfers AS (
    SELECT substr(stream_id, 10) AS transfer_id, max(version) AS version, min(position) AS initiated_position,
           (array_agg(substr(event_type, 10) ORDER BY version DESC))[1] AS status,
           array_agg(metadata ->> 'actor' ORDER BY version) AS actors
    FROM log.events WHERE stream_type = 'transfer' GROUP BY 1
), read_activity AS (
    SELECT day, currency, kind, sum(count) AS count, sum(volume) AS volume
    FROM read.daily_activity_1 GROUP BY 1, 2, 3
)
SELECT 'accounts' AS model, count(*) AS differences
FROM accounts AS f FULL JOIN read.accounts_1 AS r USING (account_id)
WHERE (f.balance, f.held, f.version, f.updated_at) IS DISTINCT FROM (r.balance, r.held, r.version, r.updated_at)
UNION ALL
SELECT 'account_entries', count(*)
FROM entries AS f FULL JOIN read.account_entries_1 AS r USING (account_id, version)
WHERE (f.moved, f.balance, f.kind, f.position, f.recorded_at, f.metadata ->> 'actor', f.metadata ->> 'correlation_id')
    IS DISTINCT FROM (r.amount, r.balance, r.kind, r.position, r.recorded_at, r.actor, r.correlation_id)
UNION ALL
SELECT 'transfers', count(*)
FROM transfers AS f FULL JOIN read.transfers_1 AS r USING (transfer_id)
WHERE (f.version, f.initiated_position, f.status, f.actors)
    IS DISTINCT FROM (r.version, r.initiated_position, r.status,
                      ARRAY(SELECT step ->> 'actor' FROM jsonb_array_elements(r.steps) AS step))
UNION ALL
SELECT 'daily_activity', count(*)
FROM activity AS f FULL JOIN read_activity AS r USING (day, currency, kind)
WHERE (f.count, f.volume) IS DISTINCT FROM (r.count, r.volume)
UNION ALL
SELECT 'postings', count(*)
FROM posted AS f FULL JOIN read.postings_1 AS r USING (position)
WHERE (f.partition, f.currency, f.amount, f.debit, f.credit)
    IS DISTINCT FROM (r.partition, r.currency, r.amount, r.debit, r.credit)
UNION ALL
SELECT 'posting_totals', count(*)
FROM totals AS f FULL JOIN read.posting_totals_1 AS r USING (block, currency, account, partition)
WHERE (f.debits, f.credits) IS DISTINCT FROM (r.debits, r.credits)
UNION ALL
-- Debits and credits, whatever they are sums of.
SELECT 'debits and credits', count(*)
FROM (SELECT currency FROM read.posting_totals_1 GROUP BY currency HAVING sum(debits) <> sum(credits)) AS unbalanced
UNION ALL
SELECT 'audit', count(*)
FROM (
    SELECT * FROM log.events
    WHERE stream_type IN ('account', 'transfer', 'projection', 'subject', 'erasure', 'clock')
) AS f FULL JOIN read.audit_1 AS r USING (position)
WHERE (f.recorded_at, f.version, f.event_id, f.partition, f.stream_id, f.event_type)
        IS DISTINCT FROM (r.recorded_at, r.version, r.event_id, r.partition, r.stream_id, r.event_type)
    OR (f.metadata ->> 'actor', f.metadata ->> 'correlation_id', f.metadata ->> 'causation_id', f.metadata ->> 'command_id',
        f.metadata -> 'reason' ->> 'plain', f.metadata ->> 'ip')
        IS DISTINCT FROM (r.actor, r.correlation_id, r.causation_id, coalesce(r.command_id, r.correlation_id), r.reason, r.ip)
    OR ((f.data -> 'amount' ->> 'minor_units')::bigint, f.data -> 'amount' ->> 'currency')
        IS DISTINCT FROM (r.amount, r.currency)
UNION ALL
-- What all accounts hold is what came in from outside less what went out to it; transfers between them cancel.
SELECT 'trial balance', abs(
    (SELECT coalesce(sum(balance), 0) FROM read.accounts_1)
    - (SELECT coalesce(sum(moved), 0) FROM money WHERE event_type NOT LIKE 'transfer-%'))::bigint
