-- A truncated table has a file of no length, so that the rows take new room. One statement: one transaction, committed.
BEGIN;
TRUNCATE log.write_probe;
INSERT INTO log.write_probe (filler) SELECT repeat('x', 8000) FROM generate_series(1, 32);
COMMIT;
