-- What says which generation is current, and what says the same of the generation, in one snapshot.
SELECT asked.projection, p.generation, p.version, g.state, g.version AS filled_by
FROM unnest($1::text[]) AS asked (projection)
LEFT JOIN read.projections AS p USING (projection)
LEFT JOIN read.generations AS g ON g.projection = p.projection AND g.generation = p.generation
ORDER BY asked.projection
