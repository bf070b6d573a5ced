-- The counterparty of a transfer is an account, and stays.
UPDATE read.account_entries_{generation} AS entry
SET reason = NULL,
    counterparty = CASE WHEN entry.kind = 'refund' THEN NULL ELSE entry.counterparty END
FROM unnest($1::text[], $2::smallint[]) AS erased (subject_id, partition)
WHERE entry.subject_id = erased.subject_id
    AND entry.partition = erased.partition
    AND (entry.reason IS NOT NULL OR (entry.kind = 'refund' AND entry.counterparty IS NOT NULL))
