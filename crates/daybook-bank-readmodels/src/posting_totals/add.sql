INSERT INTO read.posting_totals_{generation} AS total (block, currency, account, partition, debits, credits)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::smallint[], $5::numeric[], $6::numeric[])
ON CONFLICT (block, currency, account, partition)
DO UPDATE SET debits = total.debits + excluded.debits, credits = total.credits + excluded.credits
