-- The compare-and-set: no row where the tree is not where the caller believes it to be.
UPDATE proof.trees SET size = $3 WHERE origin = $1 AND size = $2
