-- Writes members. KEYS: hash. ARGV: time that the hash is kept (ms), then client and entry of each
-- Gives the number of entries.
for index = 2, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[index], ARGV[index + 1]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return redis.call('HLEN', KEYS[1])
