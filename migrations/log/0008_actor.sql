-- No event without who did it, whoever appends: the service refuses such a call before, this refuses the row. (Without when
-- there is none either: recorded_at is NOT NULL.) NOT VALID: events that are there already are not looked at, so that the
-- log is not locked for as long as reading it takes.
ALTER TABLE log.events ADD CONSTRAINT events_actor_check
    CHECK (coalesce(metadata ->> 'actor', '') <> '') NOT VALID;
