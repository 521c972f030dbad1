/** Re-labelling while processes die, and two at once, over the real stack. */

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isServing, killer, mortalStacks } from './mortal-stack.ts';
import { objectsOf } from './objects.ts';
import { pictureFolder } from './pictures.ts';
import { saltworks } from './saltworks.ts';

const { scratch, home, up } = mortalStacks('relabel-kills');

const small = ['--backbone', 'dinov2-small-focus', '--long-side', '154'];
const last = (text: string) => JSON.parse(text.trim().split('\n').at(-1)!);

test('kill -9 of worker, server and Temporal at random moments leaves the same build, byte for byte', async () => {
  const { images, scribbles } = await pictureFolder(join(scratch, 'source'), 100);
  const outcomes: unknown[] = [];
  const objects: Map<string, string>[] = [];
  for (const disturbed of [false, true]) {
    const place = home(disturbed ? 'killed' : 'undisturbed');
    const { env } = place;
    await saltworks(['dataset', 'import', images, '--name', 'discs', '--scribbles', scribbles], { env });
    const stack = up(env);
    await isServing(stack);
    const kills = disturbed ? killer(stack, { seed: 20_261_129, most: 6 }) : undefined;
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
  const stack = up(env);
  await isServing(stack);
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
