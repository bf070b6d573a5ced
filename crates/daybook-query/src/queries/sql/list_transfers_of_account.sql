-- Each half walks its own index and ends after a page; no transfer is in both, because its accounts differ.
SELECT *
FROM (
    (
        SELECT transfer_id, source_account_id, destination_account_id, amount, currency, status, approval_required,
            version, initiated_position, steps
        FROM read.transfers_{generation}
        WHERE source_account_id = $3 AND initiated_position < $1 AND ($4::text IS NULL OR status = $4)
        ORDER BY initiated_position DESC
        LIMIT $2
    )
    UNION ALL
    (
        SELECT transfer_id, source_account_id, destination_account_id, amount, currency, status, approval_required,
            version, initiated_position, steps
        FROM read.transfers_{generation}
        WHERE destination_account_id = $3 AND initiated_position < $1 AND ($4::text IS NULL OR status = $4)
        ORDER BY initiated_position DESC
        LIMIT $2
    )
) AS both_ways
ORDER BY initiated_position DESC
LIMIT $2
