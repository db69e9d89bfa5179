-- Tells all who listen. KEYS: channel. ARGV: (S)PUBLISH, message
return redis.call(ARGV[1], KEYS[1], ARGV[2])
