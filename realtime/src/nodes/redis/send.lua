-- Sends a message to one node, and returns how many hear it.
--
-- KEYS: channel of the node. ARGV: PUBLISH or SPUBLISH; message.

return redis.call(ARGV[1], KEYS[1], ARGV[2])
