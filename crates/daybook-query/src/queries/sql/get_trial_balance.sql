-- Cut at position $1: whole blocks (all below $2) from their totals, what is left of the last one (from position $3 on)
-- from its postings. trim_scale: the sum of whole numbers is written as one.
SELECT currency, account, trim_scale(sum(debits))::text AS debits, trim_scale(sum(credits))::text AS credits
FROM (
    SELECT currency, account, debits, credits
    FROM read.posting_totals_{totals}
    WHERE block < $2
    UNION ALL
    SELECT
        currency,
        CASE WHEN side.account LIKE 'customer:%' THEN 'customers' ELSE side.account END,
        side.debit,
        side.credit
    FROM read.postings_{postings} AS posting
    CROSS JOIN LATERAL (
        VALUES (posting.debit, posting.amount, 0::bigint), (posting.credit, 0::bigint, posting.amount)
    ) AS side (account, debit, credit)
    WHERE position BETWEEN $3 AND $1
) AS posted
GROUP BY currency, account
ORDER BY currency, account
