UPDATE read.audit_{generation} SET words = NULL WHERE subject_id = ANY ($1::text[]) AND words IS NOT NULL
