-- The time of Redis, milliseconds since the epoch.
--
-- KEYS: a key of the server to be asked; it is not touched.

local time = redis.call('TIME')
return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
