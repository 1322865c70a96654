-- Asks on each connection again PAUSE milliseconds after the response.
dofile(os.getenv("REPORT"))

local pause = tonumber(os.getenv("PAUSE"))
delay = function()
  return math.random() * 2 * pause
end
