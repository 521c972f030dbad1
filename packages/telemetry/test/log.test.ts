import { expect, test } from 'vitest';
import { type LogOptions, openLog, within } from '../dist/log.js';

function logged(format: LogOptions['format'], level: LogOptions['level'] = 'info') {
  const lines: [string, string][] = [];
  return { lines, log: openLog('server', { format, level, write: (line, at) => lines.push([at, line]) }) };
}

test('text is the role and the message, and nothing else', () => {
  const { lines, log } = logged('text');
  log.info('ready at http://127.0.0.1:7300', { request: 'r' });
  log.with({ workflow: 'w' }).warn('assignment a: no answer');
  log.debug('not at this level');
  log.event('request', { route: '/api/me' });
  expect(lines).toEqual([
    ['info', 'server: ready at http://127.0.0.1:7300\n'],
    ['warn', 'server: assignment a: no answer\n'],
  ]);
});

test('JSON is an object a line, with the fields of the message, of the log and of the work around it', () => {
  const { lines, log } = logged('json');
  within({ request: 'r-1' }, () =>
    within({ workflow: 'w' }, () => log.with({ queue: 'extract' }).warn('slow', { ms: 3 })),
  );
  log.event('request', { status: 200 });
  const [[, line], [, event]] = lines;
  expect(JSON.parse(line)).toEqual({
    ...{ level: 'warn', time: expect.stringMatching(/^\d{4}-.*Z$/), role: 'server', msg: 'slow' },
    ...{ request: 'r-1', workflow: 'w', queue: 'extract', ms: 3 },
  });
  expect(JSON.parse(event)).toMatchObject({ level: 'info', msg: 'request', status: 200 });
  expect(event).not.toContain('r-1');
});

test('a line break in a message makes no second line of JSON', () => {
  const { lines, log } = logged('json');
  log.info('one\n{"level":"error"}');
  expect(lines[0][1].trim().split('\n')).toHaveLength(1);
});

test.each([
  ['debug', true],
  ['info', false],
] as const)('at %s, errors show their stack: %s', (level, shown) => {
  const { lines, log } = logged('json', level);
  log.error('failed', { error: new TypeError('no number') });
  const { error } = JSON.parse(lines[0][1]);
  expect(error).toMatchObject({ name: 'TypeError', message: 'no number' });
  expect('stack' in error).toBe(shown);
});

test.each(['text', 'json'] as const)('lines of %s below the level are not written', (format) => {
  const { lines, log } = logged(format, 'warn');
  log.info('a');
  log.event('b');
  log.warn('c');
  log.error('d');
  expect(lines.map(([at]) => at)).toEqual(['warn', 'error']);
});
