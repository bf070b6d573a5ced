-- trim_scale: the sum of whole numbers is written as one.
SELECT kind, count(*) AS count, trim_scale(sum(amount))::text AS amount
FROM read.account_entries_{generation}
WHERE account_hash = hashtextextended($1, 0) AND account_id = $1
    AND (recorded_at, version) <= ($2, $3)
    AND ($4::text IS NULL OR transfer_id = $4)
GROUP BY kind
