-- Takes away what a node does not have any more, and finds what is missing.
-- KEYS: hash. ARGV: time that the hash is kept (ms), node, then the clients that are in the channel there
-- Gives the clients that were missing or were taken away.
local here, differing = {}, {}
for index = 3, #ARGV do here[ARGV[index]] = true end
local entries = redis.call('HGETALL', KEYS[1])
for index = 1, #entries, 2 do
  local node_length, from = string.match(entries[index + 1], '^(%d+):%d+:()')
  local client = entries[index]
  if from and string.sub(entries[index + 1], from, from + node_length - 1) == ARGV[2] then
    if here[client] then
      here[client] = nil
    else
      redis.call('HDEL', KEYS[1], client)
      differing[#differing + 1] = client
    end
  end
end
for client in pairs(here) do differing[#differing + 1] = client end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return differing
