-- A row belongs to one partition; the answer is their sum. trim_scale: the sum of whole numbers is written as one.
SELECT day, currency, kind, sum(count)::bigint AS count, trim_scale(sum(volume))::text AS volume
FROM read.daily_activity_{generation}
WHERE ($1::date IS NULL OR day >= $1)
    AND ($2::date IS NULL OR day <= $2)
    AND ($3::text IS NULL OR currency = $3)
GROUP BY day, currency, kind
ORDER BY day, currency
LIMIT $4
