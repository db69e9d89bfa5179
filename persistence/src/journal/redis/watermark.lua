-- Reads where a shard stands. KEYS: head, log. Returns {watermark, bytes and facts that are not committed, the oldest of these
-- or 0}.
local mark, sum, marked = unpack(redis.call('HMGET', KEYS[1], 'mark', 'sum', 'marked'))
local first = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
local oldest = first and tonumber(string.match(first[1], '^%d+')) or 0
return {tonumber(mark or 0), tonumber(sum or 0) - tonumber(marked or 0), redis.call('XLEN', KEYS[2]), oldest}
