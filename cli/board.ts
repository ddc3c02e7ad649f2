/**
 * Writes docs/operating/board.json, a Grafana board with the queries of docs/operating/queries.sql; with --check, fails when the file is out of
 * date.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const QUERIES = 'docs/operating/queries.sql';
const BOARD = 'docs/operating/board.json';
const WIDTH = 12;
const HEIGHT = 8;
/** Altinity's plugin for ClickHouse, which speaks with Analytics Engine too. */
const DATASOURCE = { type: 'vertamedia-clickhouse-datasource', uid: '$datasource' };

const [, ...queries] = readFileSync(QUERIES, 'utf8').split(/^-- (?=[A-Z].*\nSELECT)/m);
const board = {
  title: 'Postern',
  uid: 'postern',
  schemaVersion: 39,
  timezone: 'utc',
  time: { from: 'now-24h', to: 'now' },
  refresh: '5m',
  templating: {
    list: [
      { name: 'datasource', type: 'datasource', query: DATASOURCE.type, label: 'Data source' },
    ],
  },
  panels: queries.map((text, index) => {
    const [title = '', ...lines] = text.trim().split('\n');
    return {
      id: index + 1,
      type: 'timeseries',
      title,
      datasource: DATASOURCE,
      gridPos: {
        x: (index % 2) * WIDTH,
        y: Math.floor(index / 2) * HEIGHT,
        w: WIDTH,
        h: HEIGHT,
      },
      targets: [
        {
          refId: 'A',
          datasource: DATASOURCE,
          format: 'time_series',
          rawQuery: true,
          query: lines
            .join(' ')
            .replace(/;$/, '')
            .replace(
              "timestamp > NOW() - INTERVAL '1' DAY",
              'timestamp >= toDateTime($from) AND timestamp <= toDateTime($to)',
            ),
        },
      ],
    };
  }),
};
const text = `${JSON.stringify(board, undefined, 2)}\n`;

if (process.argv.includes('--check')) {
  if (readFileSync(BOARD, 'utf8') !== text) {
    console.error(`${BOARD} is out of date. Run "npm run docs" and commit the result.`);
    process.exit(1);
  }
} else {
  writeFileSync(BOARD, text);
  console.log(`${BOARD} written`);
}
