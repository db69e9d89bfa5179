-- Reads from a stream; makes its epoch if there is none.
-- KEYS: position, stream
-- ARGV: epoch of a new stream, most publications, the offset to begin behind (empty: at an end), 1 for newest first,
--       how long a position is remembered with publications (ms) and without (ms)
-- Gives epoch, top offset, then id and body of each publication.
local position, stream = KEYS[1], KEYS[2]
local limit, since = tonumber(ARGV[2]), ARGV[3]
local epoch = epoch_of(position, stream, ARGV[1])
local top = redis.call('HGET', position, 'o')
local ttl = top == '0' and ARGV[6] or ARGV[5]
if redis.call('PTTL', position) < tonumber(ttl) then redis.call('PEXPIRE', position, ttl) end
local page = {epoch, top}
if limit == 0 then return page end
forget_expired(stream, milliseconds())
local from = since == '' and (ARGV[4] == '1' and '+' or '-') or '(' .. since .. '-0'
local entries
if ARGV[4] == '1' then
  entries = redis.call('XREVRANGE', stream, from, '-', 'COUNT', ARGV[2])
else
  entries = redis.call('XRANGE', stream, from, '+', 'COUNT', ARGV[2])
end
for _, entry in ipairs(entries) do
  page[#page + 1] = entry[1]
  page[#page + 1] = entry[2][2]
end
return page
