-- Which instance of a group works on which partition, so that no two do the same work. A lease lives as long as its
-- instance. It never guards correctness: that is the compare-and-set of the checkpoints.
CREATE TABLE read.leases (
    projector_group text        COLLATE "C" NOT NULL,
    partition       smallint    NOT NULL,
    instance        text        COLLATE "C" NOT NULL,
    claimed_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT leases_pkey PRIMARY KEY (projector_group, partition),
    -- Whoever leaves, or is forgotten, leaves no lease behind.
    CONSTRAINT leases_instance_fkey FOREIGN KEY (projector_group, instance) REFERENCES read.instances ON DELETE CASCADE
);

GRANT SELECT, INSERT, UPDATE, DELETE ON read.leases TO daybook_projector;
GRANT SELECT ON read.leases TO daybook_query;
