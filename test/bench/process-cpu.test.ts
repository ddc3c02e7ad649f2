import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cpuMicrosOf, readStat, ticksOfTree } from '../../bench/process-cpu.ts';

/** By proc(5): state, ppid, pgrp, session, tty_nr, tpgid, flags, four counts of faults, utime, stime, cutime, cstime, … */
const AFTER_THE_NAME = 'S 41 42 42 0 -1 4194560 100 200 3 4 70 30 5 2 20 0 1 0 12345 1000 200';

test('readStat() adds the times of a process and of its ended children', () => {
  expect(readStat(`42 (nginx) ${AFTER_THE_NAME}\n`)).toEqual({ pid: 42, parent: 41, ticks: 107 });
});

test('readStat() finds the fields behind a name with spaces and brackets', () => {
  const expected = { pid: 42, parent: 41, ticks: 107 };
  expect(readStat(`42 (a) b (c d) ${AFTER_THE_NAME}`)).toEqual(expected);
});

test('readStat() refuses another text', () => {
  expect(() => readStat('')).toThrow('/proc/PID/stat');
  expect(() => readStat('42 (nginx) S 41')).toThrow('/proc/PID/stat');
});

test('ticksOfTree() takes children and their children, and no other process', () => {
  const processes = [
    { pid: 1, parent: 0, ticks: 1000 },
    { pid: 10, parent: 1, ticks: 1 },
    { pid: 11, parent: 10, ticks: 20 },
    { pid: 12, parent: 11, ticks: 300 },
    { pid: 13, parent: 1, ticks: 4000 },
  ];
  expect(ticksOfTree(10, processes)).toBe(321);
  expect(ticksOfTree(99, processes)).toBe(0);
});

test.runIf(process.platform === 'linux')(
  'cpuMicrosOf() has the time that a child of a child spent',
  async () => {
    const burn =
      'const end = Date.now() + 60_000; while (Date.now() < end && process.cpuUsage().user < 3e5); console.log("burnt"); setInterval(() => {}, 1000)';
    const parent = spawn('sh', ['-c', '"$0" -e "$1" & wait', process.execPath, burn], {
      detached: true,
    });
    try {
      await once(parent.stdout, 'data');
      const used = cpuMicrosOf(parent.pid ?? 0);
      expect(used).toBeGreaterThanOrEqual(300_000);
      expect(readFileSync(`/proc/${parent.pid}/comm`, 'utf8')).toBe('sh\n');
    } finally {
      process.kill(-(parent.pid ?? 0)); // the group: the shell and what it started
    }
  },
);
