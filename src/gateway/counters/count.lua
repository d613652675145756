-- Counts a request in a sliding window, if it is within the limit: what `SlidingWindow::count` does, in one step.
-- KEYS: the window. ARGV: its length and the time, in milliseconds; how many requests it may hold.
-- Returns whether the request was counted, and the window: index, last, this.
local length, now, requests = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local state = redis.call('HMGET', KEYS[1], 'index', 'last', 'this')
local index, last, this = tonumber(state[1]) or 0, tonumber(state[2]) or 0, tonumber(state[3]) or 0
local current, passed = math.floor(now / length), now % length
if current > index then
  last = current - index == 1 and this or 0
  index, this = current, 0
elseif index - current > 1 then
  index = current
elseif index > current then
  passed = 0
end
local counted = this * length + last * (length - passed) + length <= requests * length and 1 or 0
this = this + counted
redis.call('HSET', KEYS[1], 'index', index, 'last', last, 'this', this)
redis.call('PEXPIRE', KEYS[1], 2 * length)
return { counted, index, last, this }
