-- Marks a room as done. KEYS: head, open rooms of the kind. ARGV: name among the open rooms.
local head, open = KEYS[1], KEYS[2]
if redis.call('EXISTS', head) == 1 then redis.call('HSET', head, 'closed', 1) end
redis.call('SREM', open, ARGV[1])
return 1
