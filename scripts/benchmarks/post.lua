-- Sends the JSON in BODY. "%d" in it becomes another number for each request, below NUMBERS if that is set. A client that is
-- refused with a Retry-After waits that long and up to half as long again.
dofile(os.getenv("REPORT"))

local threads = 0
setup = function(thread)
  thread:set("number", threads * 1000000000)
  threads = threads + 1
end

local headers = { ["Content-Type"] = "application/json" }
local body = os.getenv("BODY")
local numbers = tonumber(os.getenv("NUMBERS"))
request = function()
  number = number + 1
  return wrk.format("POST", nil, headers, body:format(numbers and number % numbers or number))
end

local pauses = {}
response = function(status, received)
  local seconds = status == 503 and tonumber(received["retry-after"] or received["Retry-After"])
  if seconds then
    table.insert(pauses, seconds * 1000 * (1 + math.random() / 2))
  end
end

-- wrk asks once for each request. It does not say for which connection, so the order decides.
delay = function()
  return table.remove(pauses, 1) or 0
end
