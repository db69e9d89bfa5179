#!lua flags=allow-oom
-- Takes a room over unless another node holds its lease. KEYS: head, open rooms of the kind. ARGV: name among the open
-- rooms, node, time to live in ms. Returns {1, the new fence} or {0, the other node, ms that its lease has left}.
local head, open = KEYS[1], KEYS[2]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local node, till = unpack(redis.call('HMGET', head, 'node', 'until'))
if node and node ~= ARGV[2] and tonumber(till) > now then return {0, node, tonumber(till) - now} end
local fence = redis.call('HINCRBY', head, 'fence', 1)
redis.call('HSET', head, 'node', ARGV[2], 'until', string.format('%.0f', now + ARGV[3]))
if redis.call('HSETNX', head, 'last', 0) == 1 or redis.call('HEXISTS', head, 'closed') == 0 then
  redis.call('SADD', open, ARGV[1])
end
return {1, fence}
