UPDATE read.transfers_{generation} AS transfer
SET status = change.status,
    version = change.version,
    steps = transfer.steps || change.steps
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::jsonb[]) AS change (transfer_id, status, version, steps)
WHERE transfer.transfer_id = change.transfer_id
