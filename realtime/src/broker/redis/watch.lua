-- Sends a probe through a partition, and compares what a node knows of its streams with what they are.
-- KEYS: channel of the probes, life of the partition, then the position of each stream
-- ARGV: (S)PUBLISH, probe (empty: none), a fresh epoch, least time that a followed position is remembered (ms) and the
--       time that it gets then (ms), then epoch and offset that the node knows of each stream
-- Gives the partition's life, then number (from 0), epoch and offset of each stream that differs.
local fresh, least, longer = ARGV[3], tonumber(ARGV[4]), ARGV[5]
if ARGV[2] ~= '' then redis.call(ARGV[1], KEYS[1], ARGV[2]) end
local life = redis.call('GET', KEYS[2])
if not life then
  -- The first look ever, or the server has forgotten everything.
  life = fresh
  redis.call('SET', KEYS[2], life)
end
local differing = {life}
for index = 3, #KEYS do
  local known_epoch, known_offset = ARGV[2 * index], ARGV[2 * index + 1]
  local head = redis.call('HMGET', KEYS[index], 'e', 'o')
  local epoch, offset = head[1] or '', head[2] or '0'
  if head[1] then
    if redis.call('PTTL', KEYS[index]) < least then redis.call('PEXPIRE', KEYS[index], longer) end
    if epoch == known_epoch and tonumber(offset) < tonumber(known_offset) then
      -- A replica took over that had not got everything. The same offsets will be given to other publications.
      epoch = fresh
      redis.call('HSET', KEYS[index], 'e', epoch)
    end
  end
  if epoch ~= known_epoch or offset ~= known_offset then
    differing[#differing + 1] = index - 3
    differing[#differing + 1] = epoch
    differing[#differing + 1] = offset
  end
end
return differing
