-- The requests of one round of the gateway's bench.
--
-- Arguments: a file with one token a line (or "" for none), how often each is used, how many take turns at a time,
-- a path (%d in it is the number of a route), how many routes there are.

local requests, uses, at_once, sent = {}, 1, 1, 0

function init(args)
  local tokens, path, routes = args[1], args[4], tonumber(args[5])
  uses, at_once = tonumber(args[2]), tonumber(args[3])
  if tokens ~= "" then
    for token in io.lines(tokens) do
      requests[#requests + 1] = wrk.format("GET", path, { ["Authorization"] = "Bearer " .. token })
    end
  else
    -- In an order in which no route follows its neighbour.
    for i = 1, routes do
      requests[i] = wrk.format("GET", (path:gsub("%%d", tostring(i * 7919 % routes))))
    end
  end
end

-- Groups of tokens, one after the other; within a group they take turns until each was used as often as it should.
function request()
  local group = math.floor(sent / (at_once * uses))
  local index = (group * at_once + sent % at_once) % #requests
  sent = sent + 1
  return requests[index + 1]
end
