UPDATE read.generations SET state = 'kept' WHERE projection = $1 AND generation = $2 AND state = 'retired'
