#!lua flags=allow-oom
-- Renews the lease and reads. KEYS: head, log. ARGV: fence, node, time to live in ms, the id to read behind, how many facts
-- and bytes. Returns {1, watermark, bytes and facts that are not committed, {id, fields} of each} or {0} when the lease is
-- lost. One that ran out while nobody took the shard over is prolonged as well.
local head, log = KEYS[1], KEYS[2]
local fence, mark, sum, marked = unpack(redis.call('HMGET', head, 'fence', 'mark', 'sum', 'marked'))
if fence ~= ARGV[1] then return {0} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', head, 'node', ARGV[2], 'until', string.format('%.0f', now + ARGV[3]))
local found, bytes, left, most = {}, 0, tonumber(ARGV[5]), tonumber(ARGV[6])
local from = '(' .. ARGV[4] .. '-0'
-- In small steps: facts of the greatest size, read by their number alone, would be tens of megabytes.
while left > 0 and bytes < most do
  local step = redis.call('XRANGE', log, from, '+', 'COUNT', math.min(left, 64))
  for _, entry in ipairs(step) do
    if #found > 0 and bytes >= most then break end
    found[#found + 1] = entry
    for i = 2, #entry[2], 2 do bytes = bytes + #entry[2][i] end
  end
  if #step < math.min(left, 64) then break end
  left = left - #step
  from = '(' .. step[#step][1]
end
local depth = tonumber(sum or 0) - tonumber(marked or 0)
return {1, tonumber(mark or 0), depth, redis.call('XLEN', log), found}
