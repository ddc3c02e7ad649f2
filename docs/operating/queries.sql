-- Queries on the data points of a METRICS dataset (docs/deployment.md, "Counting"), for Analytics Engine's SQL API.
-- Each begins with its name. board.json has the same queries for Grafana.

-- Answers by outcome
SELECT intDiv(toUInt32(timestamp), 300) * 300 AS t, blob2 AS outcome, SUM(_sample_interval) AS answers
FROM postern
WHERE timestamp > NOW() - INTERVAL '1' DAY AND index1 != 'comparison'
GROUP BY t, outcome
ORDER BY t;

-- Share of faults, in percent
SELECT intDiv(toUInt32(timestamp), 300) * 300 AS t, 100 * SUM(IF(blob2 = 'fault', _sample_interval, 0)) / SUM(_sample_interval) AS percent
FROM postern
WHERE timestamp > NOW() - INTERVAL '1' DAY AND index1 != 'comparison'
GROUP BY t
ORDER BY t;

-- Faults by reason
SELECT intDiv(toUInt32(timestamp), 300) * 300 AS t, blob3 AS reason, SUM(_sample_interval) AS faults
FROM postern
WHERE timestamp > NOW() - INTERVAL '1' DAY AND blob2 = 'fault' AND index1 != 'comparison'
GROUP BY t, reason
ORDER BY t;

-- Where sessions came from
SELECT intDiv(toUInt32(timestamp), 300) * 300 AS t, blob5 AS tier, SUM(_sample_interval) AS answers
FROM postern
WHERE timestamp > NOW() - INTERVAL '1' DAY AND blob5 != '' AND index1 != 'comparison'
GROUP BY t, tier
ORDER BY t;

-- Answers in spite of a failure
SELECT intDiv(toUInt32(timestamp), 300) * 300 AS t, blob6 AS fault, SUM(_sample_interval) AS answers
FROM postern
WHERE timestamp > NOW() - INTERVAL '1' DAY AND blob6 != '' AND blob2 = 'pass' AND index1 != 'comparison'
GROUP BY t, fault
ORDER BY t;

-- Milliseconds until the response, 99th percentile
SELECT intDiv(toUInt32(timestamp), 300) * 300 AS t, blob1 AS route, quantileExactWeighted(0.99)(double2, _sample_interval) AS ms
FROM postern
WHERE timestamp > NOW() - INTERVAL '1' DAY AND blob2 = 'pass' AND index1 != 'comparison'
GROUP BY t, route
ORDER BY t;

-- Milliseconds from a revocation to the first refusal in an isolate
SELECT intDiv(toUInt32(timestamp), 300) * 300 AS t, quantileExactWeighted(0.99)(double4, _sample_interval) AS p99, MAX(double4) AS longest
FROM postern
WHERE timestamp > NOW() - INTERVAL '1' DAY AND double4 >= 0 AND index1 != 'comparison'
GROUP BY t
ORDER BY t;

-- Refusals that point to a wrong configuration or an attack
SELECT intDiv(toUInt32(timestamp), 300) * 300 AS t, blob3 AS reason, SUM(_sample_interval) AS refused
FROM postern
WHERE timestamp > NOW() - INTERVAL '1' DAY AND blob3 IN ('caller_not_authorized', 'proxy_not_trusted', 'redirect_loop')
GROUP BY t, reason
ORDER BY t;

-- Cached answers that were wrong for longer than promised
SELECT intDiv(toUInt32(timestamp), 300) * 300 AS t, blob5 AS tier, SUM(_sample_interval) AS overdue
FROM postern
WHERE timestamp > NOW() - INTERVAL '1' DAY AND index1 = 'comparison' AND blob3 = 'overdue'
GROUP BY t, tier
ORDER BY t;
