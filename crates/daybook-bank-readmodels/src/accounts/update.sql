-- NULL: nothing new.
UPDATE read.accounts_{generation} AS account
SET balance = coalesce(change.balance, account.balance),
    held = coalesce(change.held, account.held),
    status = coalesce(change.status, account.status),
    version = change.version,
    updated_at = change.updated_at
FROM unnest(
    $1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::bigint[], $6::timestamptz[]
) AS change (account_id, balance, held, status, version, updated_at)
WHERE account.account_id = change.account_id
