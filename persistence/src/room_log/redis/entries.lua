-- Reads entries. KEYS: log. ARGV: number of the first and of the last, how many at most. Returns {id, {'at', time, 'body',
-- body}} of each.
return redis.call('XRANGE', KEYS[1], ARGV[1] .. '-0', ARGV[2] .. '-0', 'COUNT', ARGV[3])
