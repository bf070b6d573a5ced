-- Operators decide on the stream `projection-<name>` of the log what becomes of an event at which a partition stands. The
-- version of that stream which the stop took into account: a later decision about its event lets the partition go on.
ALTER TABLE read.checkpoints ADD COLUMN stopped_version bigint NOT NULL DEFAULT 0;
