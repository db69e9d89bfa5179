#!lua flags=allow-oom
-- Takes a room over. KEYS: head, open rooms of the kind. ARGV: name among the open rooms. Returns the new fence.
local head, open = KEYS[1], KEYS[2]
local fence = redis.call('HINCRBY', head, 'fence', 1)
-- A lease belongs to the fence that it came with.
redis.call('HDEL', head, 'node', 'until')
if redis.call('HSETNX', head, 'last', 0) == 1 or redis.call('HEXISTS', head, 'closed') == 0 then
  redis.call('SADD', open, ARGV[1])
end
return fence
