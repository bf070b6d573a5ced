-- Where the generations stand that are kept and that nobody works on.
SELECT projection, generation, version, position
FROM read.generations
JOIN read.checkpoints USING (projection, generation)
WHERE state = 'kept' AND (projection, generation) NOT IN (SELECT projection, generation FROM read.running_builds)
ORDER BY projection, generation, partition
