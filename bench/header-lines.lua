-- wrk script: each request has the next line of a file as the value of a header, from the start again at its end.
--   wrk … -s header-lines.lua URL -- HEADER FILE
local requests = {}
local count = 0

function init(args)
  for line in io.lines(args[2]) do
    wrk.headers[args[1]] = line
    requests[#requests + 1] = wrk.format()
  end
end

function request()
  count = count + 1
  return requests[(count - 1) % #requests + 1]
end
