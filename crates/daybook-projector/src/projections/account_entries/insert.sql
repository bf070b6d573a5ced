INSERT INTO read.account_entries_{generation} (
    account_id, recorded_at, version, position, partition, kind, amount, balance, currency, counterparty, transfer_id,
    actor, reason, correlation_id
)
SELECT * FROM unnest(
    $1::text[], $2::timestamptz[], $3::bigint[], $4::bigint[], $5::smallint[], $6::text[], $7::bigint[], $8::bigint[],
    $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[]
)
