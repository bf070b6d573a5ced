-- Everything that came of a message ($1: the id of a command or of an event), itself included where it is the command of the
-- events $2 to $3: along causation ids, which name a command or an event and are found by their hashes. A row is followed
-- once, so that a ring ends; no more than $4 rows are.
WITH RECURSIVE consequences AS (
    SELECT position, coalesce(command_id, correlation_id) AS command_id, event_id::text AS event_id
    FROM read.audit_{generation}
    WHERE hashtextextended(causation_id, 0) = hashtextextended($1, 0) AND causation_id = $1 OR position BETWEEN $2 AND $3
    UNION
    SELECT caused.position, coalesce(caused.command_id, caused.correlation_id), caused.event_id::text
    FROM consequences
    CROSS JOIN LATERAL (
        SELECT position, command_id, correlation_id, event_id
        FROM read.audit_{generation}
        WHERE hashtextextended(causation_id, 0)
                = ANY (ARRAY[hashtextextended(consequences.command_id, 0), hashtextextended(consequences.event_id, 0)])
            AND causation_id = ANY (ARRAY[consequences.command_id, consequences.event_id])
    ) AS caused
)
SELECT position FROM consequences LIMIT $4
