#!lua flags=allow-oom
-- One heartbeat: enters a node into the registry with the time of Redis, and tells who else is there and what was told to
-- all meanwhile.
--
-- KEYS: registry (hash: node → "<ms> <about>"), log of what was told to all (stream).
-- ARGV: node; about it, empty when it leaves; ms of silence after which a node is forgotten; up to where it knows the log,
--       empty when it begins with what comes; most entries of the log to return.
-- Returns {ms since the node's last heartbeat or -1, {{node, ms since its last heartbeat, about}…}, up to where the log is
--       known now, {entry…}, ms since the epoch by the clock of Redis}.

local registry, log = KEYS[1], KEYS[2]
local node, about, forget, cursor = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local stamp = string.format('%.0f ', now)

local before = redis.call('HGET', registry, node)
local at = before and tonumber(string.match(before, '^%d+'))
local gap = at and at <= now and now - at or -1
redis.call('HSET', registry, node, stamp .. about)
redis.call('PEXPIRE', registry, forget)

local nodes = {}
local entries = redis.call('HGETALL', registry)
for i = 1, #entries, 2 do
  local at, text = string.match(entries[i + 1], '^(%d+) (.*)$')
  local age = at and now - tonumber(at) or forget
  if age < 0 then
    -- The clock was set back, or another server with another clock took over.
    redis.call('HSET', registry, entries[i], stamp .. text)
    age = 0
  end
  if age >= forget then
    redis.call('HDEL', registry, entries[i])
  else
    nodes[#nodes + 1] = {entries[i], age, text}
  end
end

-- Whether the id a of a stream entry is greater than b.
local function greater(a, b)
  local a_ms, a_seq = string.match(a, '^(%d+)-(%d+)$')
  local b_ms, b_seq = string.match(b, '^(%d+)-(%d+)$')
  a_ms, a_seq, b_ms, b_seq = tonumber(a_ms), tonumber(a_seq), tonumber(b_ms), tonumber(b_seq)
  return a_ms > b_ms or (a_ms == b_ms and a_seq > b_seq)
end

local told = {}
local last = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
if cursor == '' then
  cursor = last and last[1] or '0-0'
elseif last then
  -- A log that ends before what is known of it is another one: the first was lost.
  local from = greater(cursor, last[1]) and '-' or '(' .. cursor
  for _, entry in ipairs(redis.call('XRANGE', log, from, '+', 'COUNT', ARGV[5])) do
    cursor = entry[1]
    told[#told + 1] = entry[2][2]
  end
end

return {gap, nodes, cursor, told, now}
