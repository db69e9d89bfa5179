#!lua flags=allow-oom
-- Gives a lease back. KEYS: head. ARGV: fence. The fence stays: whoever comes next gets a greater one.
if redis.call('HGET', KEYS[1], 'fence') == ARGV[1] then redis.call('HDEL', KEYS[1], 'node', 'until') end
return 1
