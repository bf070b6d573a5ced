-- Rows that say nothing: the command service writes them after the log took no write (a full disk, a standby), to learn
-- whether it takes one again. 256 kB, so that a file has to grow; the next time they are cut off first.
CREATE TABLE log.write_probe (
    filler text NOT NULL
);
-- Neither compressed nor moved aside: each row is a page.
ALTER TABLE log.write_probe ALTER COLUMN filler SET STORAGE PLAIN;

GRANT INSERT, TRUNCATE ON log.write_probe TO daybook_command;
