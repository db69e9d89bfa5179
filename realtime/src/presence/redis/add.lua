-- Writes members. KEYS: hash. ARGV: time that the hash is kept (ms), then client and entry of each
for index = 2, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[index], ARGV[index + 1]) end
return redis.call('PEXPIRE', KEYS[1], ARGV[1])
