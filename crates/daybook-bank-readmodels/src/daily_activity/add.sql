INSERT INTO read.daily_activity_{generation} AS day (day, currency, kind, partition, count, volume)
SELECT * FROM unnest($1::date[], $2::text[], $3::text[], $4::smallint[], $5::bigint[], $6::numeric[])
ON CONFLICT (day, currency, kind, partition)
DO UPDATE SET count = day.count + excluded.count, volume = day.volume + excluded.volume
