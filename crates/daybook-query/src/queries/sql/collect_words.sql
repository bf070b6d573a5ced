-- For this transaction: an index of words gives a set of rows, in no order.
SELECT set_config('enable_bitmapscan', 'on', true), set_config('enable_sort', 'on', true)
