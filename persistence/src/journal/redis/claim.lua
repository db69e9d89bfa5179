#!lua flags=allow-oom
-- Takes a shard over unless another node holds its lease. KEYS: head. ARGV: node, time to live in ms, the fence to go above,
-- a name for the shard's life if it has none. Returns {1, the new fence, the life} or {0, ms that the other's lease has left}.
local head = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local fence, node, till, life = unpack(redis.call('HMGET', head, 'fence', 'node', 'until', 'life'))
local left = node and node ~= ARGV[1] and tonumber(till) - now or 0
-- No lease is as long as ten minutes: this one was given before the clock was set back.
if left > 0 and left <= 600000 then return {0, left} end
if not life then
  life = ARGV[4]
  redis.call('HSET', head, 'life', life)
end
fence = math.max(tonumber(fence or 0), tonumber(ARGV[3])) + 1
redis.call('HSET', head, 'fence', string.format('%.0f', fence), 'node', ARGV[1], 'until', string.format('%.0f', now + ARGV[2]))
return {1, fence, life}
