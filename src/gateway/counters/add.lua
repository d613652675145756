-- Adds a request to a quota. KEYS: the quota. ARGV: when the request's period began and when that ends; for how long the
-- quota is kept; all in milliseconds.
redis.call('HSETNX', KEYS[1], 'anchor', ARGV[1])
local ends = tonumber(redis.call('HGET', KEYS[1], 'ends') or 0) or 0
if tonumber(ARGV[1]) >= ends then
  redis.call('HSET', KEYS[1], 'began', ARGV[1], 'ends', ARGV[2], 'requests', 1)
else
  redis.call('HINCRBY', KEYS[1], 'requests', 1)
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
