SELECT balance
FROM read.account_entries_{generation}
WHERE account_id = $1
    AND (recorded_at, version) <= ($2, $3)
ORDER BY recorded_at DESC, version DESC
LIMIT 1
