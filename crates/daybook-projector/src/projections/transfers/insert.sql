INSERT INTO read.transfers_{generation} (
    transfer_id, partition, source_account_id, destination_account_id, amount, currency, status, approval_required,
    version, initiated_position, steps
)
SELECT
    transfer_id, partition, source_account_id, destination_account_id, amount, currency, status, approval_required,
    version, initiated_position, steps::jsonb
FROM unnest(
    $1::text[], $2::smallint[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::boolean[],
    $9::bigint[], $10::bigint[], $11::text[]
) AS new (
    transfer_id, partition, source_account_id, destination_account_id, amount, currency, status, approval_required,
    version, initiated_position, steps
)
