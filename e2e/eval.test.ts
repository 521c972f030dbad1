// `saltworks eval` on small datasets, as people run it: whole, stopped at any moment, on broken files, on other data.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeTiny } from '../packages/lab/test/tiny-dataset.ts';
import { root, saltworks } from './saltworks.ts';

const scratch = mkdtempSync(join(tmpdir(), 'saltworks-eval-'));
afterAll(() => rmSync(scratch, { recursive: true }));
const data = join(scratch, 'discs');
const names = ['a', 'b', 'c', 'd'];
beforeAll(() =>
  writeTiny(
    data,
    names.map((name, i) => ({ name, source: i % 2 === 0 ? 'even' : 'odd', strokes: i === 1 ? 'png' : 'json' })),
  ),
);

const both = ['--protocol', 'strokes,corrections', '--budget', '3'];
const evaluate = (out: string, ...more: string[]) =>
  saltworks(['eval', data, '--out', join(scratch, out), '--json', ...more]);
const lastLine = (stdout: string) => JSON.parse(stdout.trimEnd().split('\n').at(-1)!);

/** Every file of a run, but for its seconds. */
const filesOf = (out: string) => {
  const folder = join(scratch, out);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !path.endsWith('timings.json'));
  return new Map(paths.sort().map((path) => [path.slice(folder.length), readFileSync(path).toString('latin1')]));
};

test('masks of easy images are good, and the figures name the sources', async () => {
  const { status, stdout, stderr } = await evaluate('whole', ...both);
  expect([status, stderr]).toEqual([0, '']);
  const line = lastLine(stdout);
  expect(line).toMatchObject({ images: 4, even: { images: 2 }, odd: { images: 2 } });
  for (const name of ['miou', 'dice', 'boundary_iou', 'parts', 'contour', 'nci', 'failed_segments', 'failed_images']) {
    for (const of of [line, line.even, line.odd]) expect(of[name]).toEqual(expect.any(Number));
  }
  expect(line.miou).toBeGreaterThan(0.8);
  expect(line.nci).toBeLessThanOrEqual(3);
  const rows = readFileSync(join(scratch, 'whole/rows/corrections.jsonl'), 'utf8').trimEnd().split('\n');
  expect(new Set(rows.map((row) => JSON.parse(row).variant))).toEqual(
    new Set(['from strokes', 'from strokes, human-like', 'from nothing', 'from nothing, human-like']),
  );
});

test('made again, a run gives the same bytes; done, it computes nothing', async () => {
  expect((await evaluate('again', ...both, '--threads', '1')).status).toBe(0);
  expect(filesOf('again')).toEqual(filesOf('whole'));
  const timings = readFileSync(join(scratch, 'again/timings.json'));
  expect((await evaluate('again', ...both)).status).toBe(0);
  expect(readFileSync(join(scratch, 'again/timings.json'))).toEqual(timings);
});

test('a run that was killed resumes, and gives the same bytes', async () => {
  const args = ['eval', data, '--out', join(scratch, 'killed'), ...both, '--threads', '1'];
  const parts = join(scratch, 'killed/parts/corrections');
  const child = spawn(process.execPath, [join(root, 'saltworks'), ...args], { cwd: root, detached: true });
  const ended = once(child, 'close');
  const finished = () => (existsSync(parts) ? readdirSync(parts).filter((name) => name.endsWith('.jsonl')).length : 0);
  while (finished() === 0 && child.exitCode === null) await delay(5);
  process.kill(-child.pid!, 'SIGKILL');
  await ended;
  expect(finished()).toBeGreaterThan(0);
  expect(existsSync(join(scratch, 'killed/summary.json'))).toBe(false);
  expect((await evaluate('killed', ...both)).status).toBe(0);
  expect(filesOf('killed')).toEqual(filesOf('whole'));
});

test('a folder with the results of other settings is refused', async () => {
  const { status, stderr } = await evaluate('whole', '--protocol', 'strokes,corrections', '--budget', '4');
  expect(status).toBe(2);
  expect(stderr).toMatch(
    /evaluation\.json is of another run \(budget 3, now budget 4\); expected the same run, or another --out\n$/,
  );
});

test('images that cannot be used are left out, each with a line', async () => {
  const broken = join(scratch, 'broken');
  cpSync(data, broken, { recursive: true });
  writeFileSync(join(broken, 'images/b.png'), 'no picture');
  rmSync(join(broken, 'scribbles/c.json'));
  const out = join(scratch, 'of-broken');
  const { status, stdout, stderr } = await saltworks(['eval', broken, '--out', out, '--json']);
  expect(status).toBe(0);
  expect(stderr.trimEnd().split('\n')).toEqual([
    expect.stringMatching(/^saltworks: b is left out: images\/b\.png: 10 bytes that do not decode/),
    'saltworks: c is left out: no strokes',
  ]);
  expect(lastLine(stdout)).toMatchObject({ images: 2 });
});

test('without strokes, corrections start from nothing', async () => {
  const bare = join(scratch, 'bare');
  await writeTiny(bare, [{ name: 'x' }, { name: 'y' }]);
  const args = ['--protocol', 'strokes,corrections', '--budget', '4', '--json'];
  const { status, stdout, stderr } = await saltworks(['eval', bare, '--out', join(scratch, 'of-bare'), ...args]);
  expect([status, stderr]).toEqual([0, 'saltworks: strokes: 2 images without strokes are passed over\n']);
  const { images, nci, noc85 } = lastLine(stdout);
  expect(images).toBe(2);
  expect(nci).toBeGreaterThan(0);
  expect(noc85).toBeGreaterThanOrEqual(1);
});

test.each([
  [['nowhere'], /nowhere is no folder and no dataset of the store; expected one of both/],
  [[scratch], /no file .*panoptic\.json; expected a folder with images\//],
  [[data, '--protocol', 'guesses'], /Expected one of strokes, corrections/],
  [[data, '--budget', '0'], /Expected a whole number from 1/],
  [[data, '--bar', '85'], /Expected a number from 0 to 1/],
  [[data, '--scribbles', 'nowhere'], /nowhere: no such file/],
  [[data, '--limit', '0'], /Expected a whole number from 1/],
])('bad input is refused in one line: %j', async (args, message) => {
  const { status, stderr } = await saltworks(['eval', ...args, '--out', join(scratch, 'bad')]);
  expect(status).toBe(2);
  expect(stderr).toMatch(message);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
});
