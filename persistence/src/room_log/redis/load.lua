-- Reads where a room stands. KEYS: head, snapshot. Returns {last, closed, number of the snapshot's last entry, its bytes}
-- without the last two if there is no snapshot; nothing for an unknown room.
local last, closed = unpack(redis.call('HMGET', KEYS[1], 'last', 'closed'))
if not last then return false end
local loaded = {tonumber(last), closed and 1 or 0}
local seq, body = unpack(redis.call('HMGET', KEYS[2], 'seq', 'body'))
if seq then
  loaded[3] = tonumber(seq)
  loaded[4] = body
end
return loaded
