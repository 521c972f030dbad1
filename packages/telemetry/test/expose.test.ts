import { describe, expect, test } from 'vitest';
import { exposition, isLoopback, mayRead } from '../dist/expose.js';
import { sessionsOpen } from '../dist/metrics.js';

const token = 'a token of a few words, and a comma';
const asks = (address: string, headers: Record<string, string> = {}) => ({
  address,
  headers: { host: '127.0.0.1:7301', ...headers },
});

test.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['10.0.0.1', false],
  ['::ffff:10.0.0.1', false],
  ['example.org', false],
  ['', false],
])('%s is loopback: %s', (host, expected) => expect(isLoopback(host)).toBe(expected));

describe('metrics are told', () => {
  const own = { host: '127.0.0.1', token };
  const wide = { host: '0.0.0.0', token };

  test('to callers of this machine, of a process that listens nowhere else', () => {
    expect(mayRead(asks('127.0.0.1'), own)).toBe(true);
    expect(mayRead(asks('::1', { host: '[::1]:7301' }), { host: '::1' })).toBe(true);
    expect(mayRead(asks('127.0.0.1'), wide)).toBe(false);
    expect(mayRead(asks('10.0.0.9'), own)).toBe(false);
  });

  test('not to those for whom a proxy asks, and not to pages of other sites', () => {
    for (const name of ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via']) {
      expect([name, mayRead(asks('127.0.0.1', { [name]: '' }), own)]).toEqual([name, false]);
    }
    expect(mayRead(asks('127.0.0.1', { host: 'evil.example:7300' }), own)).toBe(false);
  });

  test('to holders of the token, from anywhere, and to nobody where there is none', () => {
    const bearer = (text: string) => asks('10.0.0.9', { authorization: `Bearer ${text}` });
    for (const where of [own, wide]) {
      expect(mayRead(bearer(token), where)).toBe(true);
      for (const wrong of [`${token}x`, token.slice(1), '', 'undefined'])
        expect(mayRead(bearer(wrong), where)).toBe(false);
    }
    expect(mayRead(bearer('undefined'), { host: '0.0.0.0' })).toBe(false);
    expect(mayRead(asks('10.0.0.9', { authorization: token }), wide)).toBe(false);
  });
});

test('what several observers see is added up, and one that fails adds nothing; without observers there is no line', async () => {
  const line = async () => /^saltworks_sessions_open (\S+)$/m.exec((await exposition()).text)?.[1];
  expect(await line()).toBeUndefined();
  const stops = [
    sessionsOpen.observe(() => 2),
    sessionsOpen.observe(async () => 3),
    sessionsOpen.observe(() => undefined),
    sessionsOpen.observe(async () => {
      throw new Error('away');
    }),
    sessionsOpen.observe(() => {
      throw new Error('away');
    }),
  ];
  expect(await line()).toBe('5');
  for (const stop of stops) stop();
  expect(await line()).toBeUndefined();
});
