SELECT max(magnitude) FROM read.audit_{generation}
