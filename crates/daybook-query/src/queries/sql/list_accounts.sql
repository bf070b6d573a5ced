-- Keyset over the primary key; the filters drop rows on the way.
SELECT account_id, owner, currency, balance, held, overdraft_limit, status, version, opened_at, updated_at,
    subject_id, command_id
FROM read.accounts_{generation}
WHERE account_id > $1
    AND ($2::text IS NULL OR status = $2)
    AND ($3::text IS NULL OR currency = $3)
ORDER BY account_id
LIMIT $4
