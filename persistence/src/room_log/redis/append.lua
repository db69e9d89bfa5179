-- Appends entries, all or none. KEYS: head, log. ARGV: fence, number of the first entry (empty without entries), then
-- time and body of each. Returns {verdict, number}: see `Verdict` in redis.rs.
local head, log = KEYS[1], KEYS[2]
local fence, last, closed = unpack(redis.call('HMGET', head, 'fence', 'last', 'closed'))
if not fence then return {4, 0} end
if fence ~= ARGV[1] then return {1, tonumber(fence)} end
if closed then return {2, 0} end
if ARGV[2] == '' then return {0, 0} end
local seq = tonumber(ARGV[2])
if seq ~= last + 1 then return {3, last + 1} end
for i = 3, #ARGV, 2 do
  redis.call('XADD', log, string.format('%.0f-0', seq), 'at', ARGV[i], 'body', ARGV[i + 1])
  seq = seq + 1
end
redis.call('HSET', head, 'last', string.format('%.0f', seq - 1))
return {0, 0}
