-- The holder of an account is a subject with the account's id.
UPDATE read.accounts_{generation} AS account
SET owner = NULL
FROM unnest($1::text[], $2::smallint[]) AS erased (subject_id, partition)
WHERE account.account_id = erased.subject_id
    AND account.partition = erased.partition
    AND account.owner IS NOT NULL
