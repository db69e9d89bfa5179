-- Takes a member away. KEYS: hash. ARGV: client. Gives the number of entries that are left.
redis.call('HDEL', KEYS[1], ARGV[1])
return redis.call('HLEN', KEYS[1])
