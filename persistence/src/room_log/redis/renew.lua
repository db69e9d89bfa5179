#!lua flags=allow-oom
-- Prolongs leases. KEYS: heads. ARGV: node, time to live in ms, then the fence of each. Returns the places, from 1, of
-- those that were lost. A lease that ran out while nobody took the room over is prolonged as well.
local time = redis.call('TIME')
local till = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[2])
local lost = {}
for i, head in ipairs(KEYS) do
  local fence, node = unpack(redis.call('HMGET', head, 'fence', 'node'))
  if fence == ARGV[i + 2] and node == ARGV[1] then
    redis.call('HSET', head, 'until', till)
  else
    lost[#lost + 1] = i
  end
end
return lost
