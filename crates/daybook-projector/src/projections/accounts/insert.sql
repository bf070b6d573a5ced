INSERT INTO read.accounts_{generation} (
    account_id, partition, owner, currency, balance, held, overdraft_limit, status, version, opened_at, updated_at
)
SELECT * FROM unnest(
    $1::text[], $2::smallint[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::text[],
    $9::bigint[], $10::timestamptz[], $11::timestamptz[]
)
