SELECT balance
FROM read.account_entries_{generation}
WHERE account_hash = hashtextextended($1, 0) AND account_id = $1
    AND (recorded_at, version) <= ($2, $3)
ORDER BY recorded_at DESC, position DESC
LIMIT 1
