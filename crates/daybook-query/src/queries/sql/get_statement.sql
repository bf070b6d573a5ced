-- Keyset over the primary key.
SELECT version, position, recorded_at, kind, amount, balance, counterparty, transfer_id, actor, reason, subject_id, command_id,
    correlation_id
FROM read.account_entries_{generation}
WHERE account_hash = hashtextextended($1, 0) AND account_id = $1
    AND (recorded_at, version) > ($2, $3)
    AND recorded_at < $4
ORDER BY recorded_at, position
LIMIT $5
