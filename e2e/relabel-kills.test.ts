/** Re-labelling while processes die, and two at once, over the real stack. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { objectsOf } from './objects.ts';
import { pictureFolder } from './pictures.ts';
import { root, saltworks } from './saltworks.ts';

const scratch = mkdtempSync(join(tmpdir(), 'saltworks-relabel-kills-'));
const running: ChildProcess[] = [];
afterAll(() => {
  for (const child of running) child.kill('SIGKILL');
  // Left by a failed test: a killed supervisor takes its children along, except Temporal.
  for (const name of existsSync(scratch) ? readdirSync(scratch) : []) {
    const file = join(scratch, name, 'stack.json');
    if (existsSync(file)) process.kill(JSON.parse(readFileSync(file, 'utf8')).temporal, 'SIGKILL');
  }
  rmSync(scratch, { recursive: true, force: true });
});

/** A home that shares the fetched backbone and binaries with the clone's home. */
function home(name: string) {
  const path = join(scratch, name);
  const shared = process.env.SALTWORKS_HOME ?? join(root, '.saltworks');
  mkdirSync(path);
  for (const part of ['models', 'tools']) {
    mkdirSync(join(shared, part), { recursive: true });
    symlinkSync(join(shared, part), join(path, part));
  }
  return { env: { SALTWORKS_HOME: path }, objects: join(path, 'objects') };
}

const small = ['--backbone', 'dinov2-small-focus', '--long-side', '154'];
const last = (text: string) => JSON.parse(text.trim().split('\n').at(-1)!);

/** `saltworks up` and its processes. */
async function up(env: Record<string, string>) {
  const child = spawn(process.execPath, [join(root, 'saltworks'), 'up'], { env: { ...process.env, ...env } });
  running.push(child);
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => lines.push(...chunk.toString().trim().split('\n')));
  }
  const pids = (part: string) =>
    lines.flatMap((line) => new RegExp(`^${part}: started, process (\\d+)`).exec(line)?.[1] ?? []).map(Number);
  await expect.poll(() => lines.some((line) => line.startsWith('server: ready')), { timeout: 90_000 }).toBe(true);
  return {
    /** Kills the process that currently plays a part, as a crash would. @returns whether there was one */
    kill(part: string): boolean {
      try {
        process.kill(pids(part).at(-1)!, 'SIGKILL');
        return true;
      } catch {
        return false;
      }
    },
    async stop(): Promise<number | null> {
      const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
      child.kill('SIGINT');
      return ended;
    },
  };
}

/** Kills one part after another, at moments drawn from a seed, until told to stop. @returns how many died */
function killer(stack: Awaited<ReturnType<typeof up>>, seed: number) {
  let [state, stopped, count] = [seed, false, 0];
  const random = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const loop = (async () => {
    while (!stopped && count < 6) {
      await new Promise((resolve) => setTimeout(resolve, 1500 + 3000 * random()));
      const part = ['worker', 'server', 'temporal', 'worker'][Math.floor(4 * random())];
      if (!stopped && stack.kill(part)) count++;
    }
    return count;
  })();
  return {
    stop() {
      stopped = true;
      return loop;
    },
  };
}

test('kill -9 of worker, server and Temporal at random moments leaves the same build, byte for byte', async () => {
  const { images, scribbles } = await pictureFolder(join(scratch, 'source'), 100);
  const outcomes: unknown[] = [];
  const objects: Map<string, string>[] = [];
  for (const disturbed of [false, true]) {
    const place = home(disturbed ? 'killed' : 'undisturbed');
    const { env } = place;
    await saltworks(['dataset', 'import', images, '--name', 'discs', '--scribbles', scribbles], { env });
    const stack = await up(env);
    const kills = disturbed ? killer(stack, 20_261_129) : undefined;
    // The first from strokes alone, the second over what is shown by then.
    for (const layer of ['9', '8']) {
      const args = ['relabel', 'discs', ...small, '--layer', layer, '--gate-changed', '1', '--json'];
      const { status, stdout, stderr } = await saltworks(args, { env });
      expect(status, stderr).toBe(0);
      const { seconds: _, ...outcome } = last(stdout);
      outcomes.push(outcome);
    }
    if (kills) expect(await kills.stop()).toBeGreaterThanOrEqual(3);
    expect(await stack.stop()).toBe(0);
    objects.push(objectsOf(place.objects, ['builds', 'strokes', 'masks', 'datasets']));
  }
  expect(outcomes.slice(2)).toEqual(outcomes.slice(0, 2));
  expect(outcomes[1]).toMatchObject({ images: 100, promoted: true, base: (outcomes[0] as { build: string }).build });
  const [undisturbed, killed] = objects;
  expect([...killed.keys()]).toEqual([...undisturbed.keys()]);
  expect(killed).toEqual(undisturbed);
}, 900_000);

test('of two re-labellings at once the same joins, another one is refused in a line, and no two mix', async () => {
  const { env } = home('two');
  const { images, scribbles } = await pictureFolder(join(scratch, 'two-source'), 60);
  await saltworks(['dataset', 'import', images, '--name', 'discs', '--scribbles', scribbles], { env });
  const stack = await up(env);
  const relabel = (layer: string) => saltworks(['relabel', 'discs', ...small, '--layer', layer, '--json'], { env });
  const [one, same, other] = await Promise.all([relabel('9'), relabel('9'), relabel('8')]);
  const all = [one, same, other];
  // Whichever was first: a run of the other layer, or both of the same one, are refused.
  const refused = all.filter(({ status }) => status !== 0);
  expect(refused.length, all.map(({ stderr }) => stderr).join('\n')).toBeGreaterThanOrEqual(1);
  for (const { status, stderr } of refused) {
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^saltworks: dataset discs is being re-labelled with dinov2-small-focus-layer\d-154px, best, promote auto, since .*; expected no other one under way$/m,
    );
  }
  const made = all.filter(({ status }) => status === 0).map(({ stdout }) => last(stdout).build);
  expect(new Set(made).size).toBe(1);
  const [build] = new Set(made);
  const listed = await saltworks(['build', 'ls', 'discs', '--json'], { env });
  expect(
    listed.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).id),
  ).toEqual([build]);
  const again = await saltworks(['build', 'rebuild', 'discs', '--json'], { env });
  expect(last(again.stdout)).toMatchObject({ build, images: 60, same: true, differing: [] });
  expect(await stack.stop()).toBe(0);
}, 600_000);
