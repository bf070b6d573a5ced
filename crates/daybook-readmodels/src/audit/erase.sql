UPDATE read.audit_{generation} AS audit
SET words = NULL
FROM unnest($1::text[], $2::smallint[]) AS erased (subject_id, partition)
WHERE audit.subject_id = erased.subject_id
    AND audit.partition = erased.partition
    AND audit.words IS NOT NULL
