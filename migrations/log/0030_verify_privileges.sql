-- `daybook verify` checks the whole log, and makes tables beside the read models: one role for both.
GRANT SELECT ON log.commands, log.snapshots TO daybook_projector;
