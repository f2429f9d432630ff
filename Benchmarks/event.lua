-- Posts a real event body with fresh ids for each request, and counts what was acknowledged.
-- Arguments: the body's file, the seconds of the run.
--
-- Half a second before the end each connection sends the beginning of a head and nothing more, so that no event is under way when wrk
-- hangs up: what was acknowledged and what was stored can then be held against each other to the row.

local ffi = require("ffi")
ffi.cdef([[
  typedef struct { long seconds; long microseconds; } collector_time;
  int gettimeofday(collector_time *time, void *zone);
]])

local quiet_seconds = 0.5
local counter = 0
local threads = {}

function setup(thread)
  thread:set("number", counter)
  counter = counter + 1
  table.insert(threads, thread)
end

function init(arguments)
  acknowledged, refused, sent = 0, 0, 0
  deadline = nil
  clock = ffi.new("collector_time")
  run_seconds = tonumber(arguments[2])
  local file = assert(io.open(arguments[1], "rb"))
  body = file:read("*a"):gsub("%s+$", "")
  file:close()
  -- The body's own ids, and its closing brace, are replaced for each request.
  body = body:gsub('^.-"event_type"', '"event_type"'):sub(1, -2)
  fields = {
    ["Content-Type"] = "application/json",
    ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
  }
end

function request()
  ffi.C.gettimeofday(clock, nil)
  local now = tonumber(clock.seconds) + tonumber(clock.microseconds) / 1e6
  deadline = deadline or now + run_seconds - quiet_seconds
  if now >= deadline then return "GET /ping HTTP/1.1\r\n" end
  sent = sent + 1
  -- As in a version-7 UUID: milliseconds first, then what makes it the only one.
  local milliseconds = math.floor(now * 1000)
  local high = math.floor(milliseconds / 65536)
  local low = milliseconds % 65536
  local rest = string.format("%01x%010x", number, sent)
  local id = string.format("%08x-%04x-7%03x-8%s-%s", high, low, sent % 4096, rest:sub(1, 3), "0000" .. rest:sub(4))
  local hex = id:gsub("-", "")
  local text = '{"visitor_id":"v_' .. hex .. '","session_id":"s_' .. hex .. '","pageview_id":"p_' .. hex .. '","event_id":"' .. id .. '",' .. body .. "}"
  return wrk.format("POST", "/event", fields, text)
end

function response(status)
  if status == 200 then acknowledged = acknowledged + 1 else refused = refused + 1 end
end

function done(summary, latency)
  local taken, turned_away = 0, 0
  for _, thread in ipairs(threads) do
    taken = taken + thread:get("acknowledged")
    turned_away = turned_away + thread:get("refused")
  end
  local errors = summary.errors
  io.write(string.format(
    "RESULT acknowledged=%d refused=%d seconds=%.3f p50=%.2f p99=%.2f socket_errors=%d\n",
    taken, turned_away, summary.duration / 1e6 - quiet_seconds, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.timeout))
end
