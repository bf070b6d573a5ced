-- What is said about a transfer is sealed for who pays: the index of source accounts finds the rows.
UPDATE read.transfers_{generation} AS transfer
SET steps = (
    SELECT jsonb_agg(
        CASE WHEN step ->> 'subject' = erased.subject_id THEN step || '{"reason": null}' ELSE step END ORDER BY n
    )
    FROM jsonb_array_elements(transfer.steps) WITH ORDINALITY AS each_step (step, n)
)
FROM unnest($1::text[], $2::smallint[]) AS erased (subject_id, partition)
WHERE transfer.source_account_id = erased.subject_id
    AND transfer.partition = erased.partition
    AND EXISTS (
        SELECT FROM jsonb_array_elements(transfer.steps) AS step
        WHERE step ->> 'subject' = erased.subject_id AND step ->> 'reason' IS NOT NULL
    )
