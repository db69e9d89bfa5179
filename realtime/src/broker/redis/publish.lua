-- Publishes: once under an idempotency key, into the stream if one is kept, to all who listen.
-- KEYS: channel, position, stream, and the idempotency key if there is one
-- ARGV: (S)PUBLISH, body, how many are kept (0: none), how long (ms), epoch of a new stream, 1 if deltas are wanted,
--       how long the position (ms) and the idempotency key (ms) are remembered
-- Gives "<offset>:<epoch>".
local channel, position, stream, once = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local body, size, ttl = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
if once then
  local answered = redis.call('GET', once)
  if answered then return answered end
end
local offset, epoch, previous_offset, previous = 0, '', 0, ''
if size > 0 then
  local now = milliseconds()
  local expires = now + ttl
  epoch = epoch_of(position, stream, ARGV[5])
  forget_expired(stream, now)
  if ARGV[6] == '1' then
    local latest = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
    if latest then
      previous_offset, previous = string.match(latest[1], '^%d+'), latest[2][2]
    end
  end
  offset = redis.call('HINCRBY', position, 'o', 1)
  redis.call('PEXPIRE', position, ARGV[7])
  local id = string.format('%.0f-0', offset)
  local text = string.format('%.0f', expires)
  redis.call('XADD', stream, 'MAXLEN', '=', ARGV[3], id, 'p', body, 'u', text)
  if redis.call('PEXPIRETIME', stream) < expires then redis.call('PEXPIREAT', stream, text) end
end
offset = string.format('%.0f', offset)
local answer = offset .. ':' .. epoch
if once then redis.call('SET', once, answer, 'PX', ARGV[8]) end
redis.call(ARGV[1], channel,
  'P' .. offset .. ':' .. epoch .. ':' .. previous_offset .. ':' .. #previous .. ':' .. previous .. body)
return answer
