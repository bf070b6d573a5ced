SELECT transfer_id, source_account_id, destination_account_id, amount, currency, status, approval_required, version,
    initiated_position, steps
FROM read.transfers_{generation}
WHERE initiated_position < $1
ORDER BY initiated_position DESC
LIMIT $2
