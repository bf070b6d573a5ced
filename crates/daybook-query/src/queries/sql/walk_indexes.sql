-- For this transaction: the order of an index is worth more than its pages. The planner takes a page's rows for all rows of
-- a filter, and would rather collect and sort hundreds of thousands of them.
SELECT
    set_config('enable_bitmapscan', 'off', true),
    set_config('enable_seqscan', 'off', true),
    set_config('enable_sort', 'off', true),
    set_config('max_parallel_workers_per_gather', '0', true)
