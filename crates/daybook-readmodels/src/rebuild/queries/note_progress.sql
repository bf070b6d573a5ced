-- Writes the progress down, and counts the generations that this session ($6, $7) has lost: neither its own any more nor
-- made current by it.
WITH mine AS (
    SELECT * FROM unnest($1::text[], $2::integer[]) AS mine (projection, generation)
), noted AS (
    UPDATE read.generations AS g
    SET phase = $3, events_done = $4, events_total = $5
    FROM mine
    WHERE g.projection = mine.projection AND g.generation = mine.generation
        AND g.builder_pid = $6 AND g.builder_started = $7
)
SELECT count(*)
FROM mine JOIN read.generations AS g USING (projection, generation)
WHERE g.state <> 'current' AND (g.builder_pid, g.builder_started) IS DISTINCT FROM ($6::integer, $7::timestamptz)
