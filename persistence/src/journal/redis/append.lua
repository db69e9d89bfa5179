#!lua
-- Accepts facts, all or none. KEYS: head, log, operations of late, operations before, the channel that wakes the writer.
-- ARGV: bytes and facts that may be in use, how long (microseconds) and how many operations are remembered, the command that
-- publishes, a name for the shard's life if it has none, then school and operation, school, operation, kind,
-- key, time, body and size of each. Returns {0, life, id of each} or {1} when they are too much.
local head, log, late, before = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local last, sum, marked, began, life = unpack(redis.call('HMGET', head, 'last', 'sum', 'marked', 'began', 'life'))
last, sum, marked = tonumber(last or 0), tonumber(sum or 0), tonumber(marked or 0)
-- Two generations: whatever is remembered stays for one of them at least.
if not began or now - began > tonumber(ARGV[3]) or redis.call('HLEN', late) >= tonumber(ARGV[4]) then
  if redis.call('EXISTS', late) == 1 then redis.call('RENAME', late, before) else redis.call('DEL', before) end
  redis.call('HSET', head, 'began', string.format('%.0f', now))
end
if not life then
  life = ARGV[6]
  redis.call('HSET', head, 'life', life)
end
local ids, fresh, places, bytes = {0, life}, {}, {}, 0
local id = math.max(last, now - 1)
for i = 7, #ARGV, 8 do
  local op = ARGV[i]
  local known = places[op] or redis.call('HGET', late, op) or redis.call('HGET', before, op)
  if not known then
    id = id + 1
    known = id
    places[op] = id
    fresh[#fresh + 1] = i
    bytes = bytes + ARGV[i + 7]
  end
  ids[#ids + 1] = tonumber(known)
end
if #fresh == 0 then return ids end
if sum - marked + bytes > tonumber(ARGV[1]) then return {1} end
local waiting = redis.call('XLEN', log)
if waiting + #fresh > tonumber(ARGV[2]) then return {1} end
for _, i in ipairs(fresh) do
  local place = string.format('%.0f', places[ARGV[i]])
  redis.call('XADD', log, place .. '-0', 'school', ARGV[i + 1], 'op', ARGV[i + 2], 'kind', ARGV[i + 3], 'key', ARGV[i + 4],
    'at', ARGV[i + 5], 'body', ARGV[i + 6], 'before', string.format('%.0f', sum))
  redis.call('HSET', late, ARGV[i], place)
  sum = sum + ARGV[i + 7]
end
redis.call('HSET', head, 'last', string.format('%.0f', id), 'sum', string.format('%.0f', sum))
local keep = string.format('%.0f', math.ceil(ARGV[3] / 500))
redis.call('PEXPIRE', late, keep)
redis.call('PEXPIRE', before, keep)
-- A writer that has anything to do looks for more by itself.
if waiting == 0 then redis.call(ARGV[5], KEYS[5], '') end
return ids
