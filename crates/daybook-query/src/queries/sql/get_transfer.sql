SELECT transfer_id, source_account_id, destination_account_id, amount, currency, status, approval_required, version,
    initiated_position, steps
FROM read.transfers_{generation}
WHERE transfer_id = $1
