-- Reads where a shard stands. KEYS: head, log. Returns {watermark, bytes and facts that are not committed}.
local mark, sum, marked = unpack(redis.call('HMGET', KEYS[1], 'mark', 'sum', 'marked'))
return {tonumber(mark or 0), tonumber(sum or 0) - tonumber(marked or 0), redis.call('XLEN', KEYS[2])}
