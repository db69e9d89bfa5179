#!lua flags=allow-oom
-- Reads where a shard stands. KEYS: head, log. Returns {the shard's life or nothing, watermark, bytes and facts that are not
-- committed, the oldest of these or 0}.
local life, mark, sum, marked = unpack(redis.call('HMGET', KEYS[1], 'life', 'mark', 'sum', 'marked'))
local first = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
local oldest = first and tonumber(string.match(first[1], '^%d+')) or 0
return {life or '', tonumber(mark or 0), tonumber(sum or 0) - tonumber(marked or 0), redis.call('XLEN', KEYS[2]), oldest}
