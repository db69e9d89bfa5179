-- Tells all nodes: keeps a message for those that cannot hear it now, and publishes it for those that can.
--
-- KEYS: log of what was told to all (stream), channel of all nodes.
-- ARGV: PUBLISH or SPUBLISH; message; about how many to keep; ms to keep them.

redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], '*', 'm', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return redis.call(ARGV[1], KEYS[2], ARGV[2])
