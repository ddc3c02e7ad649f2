-- wrk script: each request has the next line of a file as the value of a header, from the start again at its end. With a
-- number, the load ends after as many answers.
--   wrk … -s header-lines.lua URL -- HEADER FILE [NUMBER]
local requests = {}
local count = 0
local answers = 0

function init(args)
  for line in io.lines(args[2]) do
    wrk.headers[args[1]] = line
    requests[#requests + 1] = wrk.format()
  end
  local most = tonumber(args[3])
  if most then
    function response()
      answers = answers + 1
      if answers == most then wrk.thread:stop() end
    end
  end
end

function request()
  count = count + 1
  return requests[(count - 1) % #requests + 1]
end
