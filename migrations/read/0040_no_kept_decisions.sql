-- A skip permits to leave an event out and takes nothing out of rows, so a generation that is kept need not know of it.
ALTER TABLE read.generations DROP COLUMN decided_version;
