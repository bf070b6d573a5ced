-- Keyset over the primary key, up to a moment.
SELECT version, position, recorded_at, kind, amount, balance, counterparty, transfer_id, actor, reason, subject_id, command_id,
    correlation_id
FROM read.account_entries_{generation}
WHERE account_hash = hashtextextended($1, 0) AND account_id = $1
    AND (recorded_at, version) > ($2, $3)
    AND (recorded_at, version) <= ($4, $5)
    AND ($6::text IS NULL OR transfer_id = $6)
ORDER BY recorded_at, position
LIMIT $7
