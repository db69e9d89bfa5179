#!lua flags=allow-oom
-- Moves the watermark and drops what is not above it. KEYS: head, log. ARGV: fence, id. Returns 1, or 0 when the lease is
-- lost.
local head, log = KEYS[1], KEYS[2]
local fence, mark = unpack(redis.call('HMGET', head, 'fence', 'mark'))
if fence ~= ARGV[1] then return 0 end
if tonumber(mark or 0) > tonumber(ARGV[2]) then return 1 end
redis.call('XTRIM', log, 'MINID', '=', string.format('%.0f-0', ARGV[2] + 1))
-- The bytes before the first fact that is left are those of committed ones.
local first = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
local marked = first and first[2][#first[2]] or redis.call('HGET', head, 'sum')
redis.call('HSET', head, 'mark', ARGV[2], 'marked', marked or 0)
return 1
