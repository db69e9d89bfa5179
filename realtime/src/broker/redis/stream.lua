-- What all scripts over a channel's stream share; put before each of them.

-- Milliseconds since 1970 by the server's clock: a node with a wrong one does no harm.
local function milliseconds()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- The stream's epoch; makes a stream if there is none.
local function epoch_of(position, stream, fresh)
  local epoch = redis.call('HGET', position, 'e')
  if not epoch then
    epoch = fresh
    redis.call('HSET', position, 'e', epoch, 'o', 0)
    -- Whatever is still kept belongs to a life before this one.
    redis.call('DEL', stream)
  end
  return epoch
end

-- Drops publications whose time is over, from the front only: what stays has no holes.
local function forget_expired(stream, now)
  local count = 1
  repeat
    local expired = {}
    for index, entry in ipairs(redis.call('XRANGE', stream, '-', '+', 'COUNT', count)) do
      if tonumber(entry[2][4]) > now then break end
      expired[index] = entry[1]
    end
    if #expired > 0 then redis.call('XDEL', stream, unpack(expired)) end
    local all = #expired == count
    count = 64
  until not all
end

