-- Of a page of commands after $1 those that begin at or before position $2 and those beyond the head, and where the page
-- ends. A command and its events are appended together with the head: one statement sees all of them or none.
SELECT count(*) FILTER (WHERE first_position <= $2) AS up_to,
       count(*) FILTER (WHERE first_position > (SELECT max(position) FROM log.head)) AS beyond_head,
       max(command_id) AS last
FROM (SELECT command_id, first_position FROM log.commands WHERE command_id > $1 ORDER BY command_id LIMIT $3) AS page
