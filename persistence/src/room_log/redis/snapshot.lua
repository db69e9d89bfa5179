-- Keeps a snapshot unless a newer one is there. KEYS: head, snapshot. ARGV: fence, number of the last entry in it, bytes.
-- Returns {verdict, number}: see `Verdict` in redis.rs.
local head, snapshot = KEYS[1], KEYS[2]
local fence, last = unpack(redis.call('HMGET', head, 'fence', 'last'))
if not fence then return {4, 0} end
if fence ~= ARGV[1] then return {1, tonumber(fence)} end
if tonumber(ARGV[2]) > tonumber(last) then return {5, tonumber(last)} end
local kept = redis.call('HGET', snapshot, 'seq')
if not kept or tonumber(kept) <= tonumber(ARGV[2]) then
  redis.call('HSET', snapshot, 'seq', ARGV[2], 'body', ARGV[3])
end
return {0, 0}
