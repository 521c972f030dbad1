// `saltworks eval DATASET`: a dataset that was imported, evaluated by workers, beside the same images in a folder.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { writeTiny } from '../packages/lab/test/tiny-dataset.ts';
import { hasWorker, mortalStacks } from './mortal-stack.ts';
import { root, saltworks } from './saltworks.ts';

const { scratch, home, up } = mortalStacks('eval');
const { env, objects, path } = home('home');
const folder = join(scratch, 'discs');
const names = ['a', 'b', 'c', 'd', 'e'];
/** The last one has nothing drawn on it. */
const strokes = (i: number) => (i === 4 ? undefined : i === 1 ? 'png' : 'json');
const both = ['--protocol', 'strokes,corrections', '--budget', '3'];
const run = (target: string, out: string, ...more: string[]) =>
  // Where `discs` is no folder.
  saltworks(['eval', target, '--out', join(scratch, out), '--json', ...more], { env, cwd: root });
const lastLine = (stdout: string) => JSON.parse(stdout.trimEnd().split('\n').at(-1)!);

/** Every file of a run, but for its seconds. */
function filesOf(out: string): Map<string, string> {
  const whole = join(scratch, out);
  const files = readdirSync(whole, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).filter((path) => !/timings\.json$/.test(path));
  return new Map(paths.sort().map((path) => [path.slice(whole.length), readFileSync(path).toString('latin1')]));
}

beforeAll(async () => {
  await writeTiny(
    folder,
    names.map((name, i) => ({ name, source: i % 2 === 0 ? 'even' : 'odd', strokes: strokes(i) })),
  );
  const from = ['dataset', 'import', join(folder, 'panoptic.json'), '--scribbles', join(folder, 'scribbles')];
  const { status, stderr } = await saltworks([...from, '--name', 'discs'], { env });
  expect(status, stderr).toBe(0);
});

test('a dataset has the results of its folder, to the byte, even if its worker is killed', async () => {
  const inFolder = await run(folder, 'folder', ...both);
  expect(inFolder.status, inFolder.stderr).toBe(0);

  const stack = up(env);
  await hasWorker(stack);
  const command = run('discs', 'stored', ...both);
  const rows = () => {
    const [id] = existsSync(join(objects, 'evaluations/discs')) ? readdirSync(join(objects, 'evaluations/discs')) : [];
    const found = join(objects, `evaluations/discs/${id}/rows/corrections`);
    return id !== undefined && existsSync(found) ? readdirSync(found).map((name) => join(found, name)) : [];
  };
  while (rows().length === 0) await delay(20);
  const before = rows().map((path) => [path, readFileSync(path, 'utf8')]);
  expect(before.length).toBeLessThan(names.length);
  expect(stack.kill('worker')).toBe(true);
  const { status, stdout, stderr } = await command;
  expect(status, stderr).toBe(0);
  for (const [path, text] of before) expect(readFileSync(path, 'utf8')).toBe(text);

  expect(filesOf('stored')).toEqual(filesOf('folder'));
  expect(lastLine(stdout)).toEqual(lastLine(inFolder.stdout));
  expect(lastLine(stdout)).toMatchObject({ images: 4, even: { images: 2 }, odd: { images: 2 } });
  // Another worker's files may be left, of the part that was killed; nothing of the parts that ended.
  expect(readdirSync(join(path, 'lab/parts')).length).toBeLessThanOrEqual(1);

  // Made again, elsewhere: nothing is computed.
  const written = readdirSync(join(objects, 'evaluations/discs'));
  const again = await run('discs', 'again', ...both);
  expect([again.status, again.stderr]).toEqual([
    0,
    stderr
      .split('\n')
      .filter((line) => line.startsWith('saltworks: '))
      .map((line) => `${line}\n`)
      .join(''),
  ]);
  expect(filesOf('again')).toEqual(filesOf('stored'));
  expect(readdirSync(join(objects, 'evaluations/discs'))).toEqual(written);

  // A robot's strokes, and keys that no set of the store holds: both as in the folder.
  const others = ['--scribbles', 'simulated', '--protocol', 'strokes,upsample', '--limit', '2'];
  for (const [target, out] of [
    [folder, 'other-folder'],
    ['discs', 'other-stored'],
  ]) {
    const { status, stderr } = await run(target, out, ...others);
    expect(status, stderr).toBe(0);
  }
  expect(filesOf('other-stored')).toEqual(filesOf('other-folder'));

  // Somebody else's strokes.
  const drawn = join(scratch, 'drawn');
  mkdirSync(drawn);
  writeFileSync(join(drawn, 'c.json'), readFileSync(join(folder, 'scribbles/c.json')));
  const mine = await run('discs', 'mine', '--scribbles', drawn);
  expect(mine.status, mine.stderr).toBe(0);
  expect(lastLine(mine.stdout)).toMatchObject({ images: 1, even: { images: 1 } });
  const left = mine.stderr.match(/^saltworks: \w is left out: no strokes$/gm);
  expect(left).toHaveLength(4);
  expect(await stack.stop()).toBe(0);

  // What is done needs no workers, nor Temporal: nobody answers at this address.
  const away = { ...env, SALTWORKS_TEMPORAL_ADDRESS: '127.0.0.1:1' };
  const later = await saltworks(['eval', 'discs', '--out', join(scratch, 'later'), ...both], { env: away });
  expect(later.status, later.stderr).toBe(0);
  expect(filesOf('later')).toEqual(filesOf('stored'));
}, 600_000);

test.each([
  [['nobody'], /nobody is no folder and no dataset of the store; expected one of both/],
  [['No such'], /No such is no folder; expected one of both/],
  [['discs', '--peers'], /--peers with the dataset discs, which workers evaluate; expected a folder/],
  [['discs', '--threads', '2'], /--threads with the dataset discs/],
])('bad input is refused in one line: %j', async (args, message) => {
  const { status, stderr } = await saltworks(['eval', ...args, '--out', join(scratch, 'bad')], { env });
  expect(status).toBe(2);
  expect(stderr).toMatch(message);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
});
