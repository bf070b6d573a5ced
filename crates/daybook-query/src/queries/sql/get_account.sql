SELECT account_id, owner, currency, balance, held, overdraft_limit, status, version, opened_at, updated_at,
    subject_id, command_id
FROM read.accounts_{generation}
WHERE account_id = $1
