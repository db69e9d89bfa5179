-- Takes a member away. KEYS: hash. ARGV: client
return redis.call('HDEL', KEYS[1], ARGV[1])
