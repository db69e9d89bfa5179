-- KEYS: hash. Gives client and entry of each member.
return redis.call('HGETALL', KEYS[1])
