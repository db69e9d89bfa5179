-- Takes a shard over unless another node holds its lease. KEYS: head. ARGV: node, time to live in ms, the fence to go above.
-- Returns {1, the new fence} or {0, ms that the other's lease has left}.
local head = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local fence, node, till = unpack(redis.call('HMGET', head, 'fence', 'node', 'until'))
if node and node ~= ARGV[1] and tonumber(till) > now then return {0, tonumber(till) - now} end
fence = math.max(tonumber(fence or 0), tonumber(ARGV[3])) + 1
redis.call('HSET', head, 'fence', string.format('%.0f', fence), 'node', ARGV[1], 'until', string.format('%.0f', now + ARGV[2]))
return {1, fence}
