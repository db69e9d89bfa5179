-- Drops the publications of a stream; the position stays. KEYS: stream
return redis.call('DEL', KEYS[1])
