-- Counts members. KEYS: hash
-- ARGV: number of nodes whose members are not counted, these nodes, then nodes whose members are taken away
-- Gives the number of members, of users, and the nodes of the members that were counted.
local excluded, forgotten = {}, {}
for index = 2, #ARGV do
  excluded[ARGV[index]] = true
  if index > ARGV[1] + 1 then forgotten[ARGV[index]] = true end
end
local clients, users, nodes = 0, 0, {}
local known_users, known_nodes = {}, {}
local entries = redis.call('HGETALL', KEYS[1])
for index = 1, #entries, 2 do
  local node_length, user_length, from = string.match(entries[index + 1], '^(%d+):(%d+):()')
  if from then
    local node = string.sub(entries[index + 1], from, from + node_length - 1)
    if forgotten[node] then
      redis.call('HDEL', KEYS[1], entries[index])
    elseif not excluded[node] then
      local user = string.sub(entries[index + 1], from + node_length, from + node_length + user_length - 1)
      clients = clients + 1
      if not known_users[user] then
        known_users[user] = true
        users = users + 1
      end
      if not known_nodes[node] then
        known_nodes[node] = true
        nodes[#nodes + 1] = node
      end
    end
  end
end
return {clients, users, unpack(nodes)}
