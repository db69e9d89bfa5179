-- The open rooms of a kind in a partition. KEYS: open rooms of the kind.
return redis.call('SMEMBERS', KEYS[1])
