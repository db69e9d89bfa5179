#!lua flags=allow-oom
-- Marks a room as done, and has it forgotten. KEYS: head, log, snapshot, open rooms of the kind. ARGV: name among the open
-- rooms, time to live in ms.
local head, log, snapshot, open = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
if redis.call('EXISTS', head) == 1 then redis.call('HSET', head, 'closed', 1) end
for _, key in ipairs({head, log, snapshot}) do redis.call('PEXPIRE', key, ARGV[2]) end
redis.call('SREM', open, ARGV[1])
return 1
