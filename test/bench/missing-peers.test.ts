import { expect, test } from 'vitest';
import { clerkPeers } from '../../bench/peers/clerk.ts';
import { EVERY_PEER } from '../../bench/peers/every-peer.ts';
import { builtProgram } from '../../bench/peers/proxy-peer.ts';

test('builtProgram() takes the program that its variable names', () => {
  const { executable } = builtProgram('gate', 'GATE', { GATE: process.execPath });
  expect(executable).toBe(process.execPath);
});

test('builtProgram() says how to name a program, and that a named one does not exist', () => {
  const unnamed = builtProgram('gate', 'GATE', {});
  expect(unnamed.executable).toBeUndefined();
  expect(unnamed.source).toContain('name the path of the program in GATE');
  const absent = builtProgram('gate', 'GATE', { GATE: '/nowhere/gate' });
  expect(absent.executable).toBeUndefined();
  expect(absent.source).toContain('/nowhere/gate, which does not exist');
});

test('clerkPeers() says how to get the package if no folder with it is named', () => {
  for (const { missing } of clerkPeers('/nowhere')) {
    expect(missing).toContain('npm install @clerk/backend');
    expect(missing).toContain('CLERK_BACKEND');
  }
});

test('every system has a name and an id of its own', () => {
  expect(new Set(EVERY_PEER.map(({ id }) => id)).size).toBe(EVERY_PEER.length);
  expect(new Set(EVERY_PEER.map(({ name }) => name)).size).toBe(EVERY_PEER.length);
});
