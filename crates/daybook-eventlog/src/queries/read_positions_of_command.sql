SELECT first_position, first_position + event_count - 1 AS last_position FROM log.commands WHERE command_id = $1
