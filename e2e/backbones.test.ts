import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startStack } from '../bench/stack.mjs';
import { objectsOf } from './objects.ts';
import { pictureFolder } from './pictures.ts';
import { saltworks } from './saltworks.ts';

type Stack = Awaited<ReturnType<typeof startStack>>;

const scratch = mkdtempSync(join(tmpdir(), 'saltworks-backbones-'));
const kept = ['keys', 'key-sets', 'masks', 'datasets'];
const small = ['--long-side', '154'];
/** The backbone's own layer, and another one. */
const sets = { own: small, other: [...small, '--layer', '8', '--facet', 'value'] };
const ids = { own: 'dinov2-small-focus-154px', other: 'dinov2-small-focus-layer8-value-154px' };

describe('a dataset with keys of two kinds', () => {
  let first: Stack;
  let second: Stack;
  /** Of the first stack: as they were before the other keys. */
  let before: Map<string, string>;

  /** A command on a stack's home. @returns its output */
  async function run({ home }: Stack, ...args: string[]): Promise<string> {
    const { status, stdout, stderr } = await saltworks(args, { env: { SALTWORKS_HOME: home } });
    expect(status, stderr).toBe(0);
    return stdout.trim();
  }
  const last = (text: string) => JSON.parse(text.split('\n').at(-1)!);

  /** Keys and masks of one kind, of all images. @param between done in the middle */
  async function make(stack: Stack, kind: keyof typeof sets, between = () => {}) {
    expect(last(await run(stack, 'extract', 'discs', ...sets[kind], '--json'))).toMatchObject({ images: 6, failed: 0 });
    between();
    const made = last(await run(stack, 'propagate', 'discs', ...sets[kind], '--json'));
    expect([made.images, made.done + made.cached, made.failed]).toEqual([6, 6, 0]);
  }
  const objects = ({ home }: Stack) => objectsOf(join(home, 'objects'), kept);

  beforeAll(async () => {
    const { images, scribbles } = await pictureFolder(join(scratch, 'source'), 6);
    [first, second] = await Promise.all([startStack(), startStack()]);
    const both = [first, second].map((stack) =>
      run(stack, 'dataset', 'import', images, '--name', 'discs', '--scribbles', scribbles),
    );
    await Promise.all(both);
  });
  afterAll(async () => {
    await Promise.all([first?.stop(), second?.stop()]);
    rmSync(scratch, { recursive: true, force: true });
  });

  test('keeps the first set byte for byte while the second is made, whatever is killed', async () => {
    await make(first, 'own');
    before = objects(first);
    const killed = make(first, 'other', () => first.kill('worker'));
    // The other way round, and undisturbed.
    await Promise.all([killed, make(second, 'other').then(() => make(second, 'own'))]);
    const after = objects(first);
    expect([...before].filter(([key, hash]) => after.get(key) !== hash)).toEqual([]);
    expect(after.size).toBe(before.size + 6 + 1 + 12 + 2);
    expect(objects(second)).toEqual(after);
  });

  test('lists both, and exports them apart: other masks, each naming its keys', async () => {
    const listed = (await run(first, 'dataset', 'keys', 'discs', '--json')).split('\n').map((line) => JSON.parse(line));
    expect(listed).toMatchObject([
      { id: ids.own, images: 6, failed: 0, made: { layer: 11, facet: 'key', longSide: 154 } },
      { id: ids.other, images: 6, failed: 0, made: { layer: 8, facet: 'value', longSide: 154 } },
    ]);
    const exported = async (kind: keyof typeof sets) => {
      const out = join(scratch, kind);
      await run(first, 'dataset', 'export', 'discs', ...sets[kind], '--format', 'coco-panoptic', '--out', out);
      return {
        info: JSON.parse(readFileSync(join(out, 'panoptic.json'), 'utf8')).info,
        masks: objectsOf(out, ['panoptic']),
      };
    };
    const [own, other] = [await exported('own'), await exported('other')];
    const { sha256 } = listed[0].made;
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(own.info.keys).toEqual({
      backbone: 'dinov2-small-focus',
      sha256,
      layer: 11,
      facet: 'key',
      long_side: 154,
      codec: 'float16',
    });
    expect(other.info.keys).toEqual({ ...own.info.keys, layer: 8, facet: 'value' });
    expect([...own.masks.keys()]).toEqual([...other.masks.keys()]);
    const same = [...own.masks].filter(([name, hash]) => other.masks.get(name) === hash);
    expect(same.length).toBeLessThan(own.masks.size);
  });

  test('has campaigns on each; a set that one draws on is not removed', async () => {
    const create = ['campaign', 'create', 'deep', '--dataset', 'discs', '--categories', 'disc', '--wait', '--json'];
    const made = last(await run(first, ...create, ...sets.other));
    expect(made).toMatchObject({ backbone: 'dinov2-small-focus', layer: 8, facet: 'value', longSide: 154 });
    // All keys were there.
    expect(objects(first)).toEqual(objects(second));
    const env = { SALTWORKS_HOME: first.home };
    const refused = await saltworks(['dataset', 'keys', 'rm', 'discs', ids.other], { env });
    expect(refused.stderr).toContain(`campaign deep draws on the keys ${ids.other}`);
    expect(refused.status).toBe(2);
    expect(last(await run(first, 'dataset', 'keys', 'rm', 'discs', ids.own, '--json'))).toMatchObject({ removed: 6 });
    expect(existsSync(join(first.home, 'objects/keys', ids.own))).toBe(false);
    // The keys alone are gone, and are made again as they were.
    await make(first, 'own');
    expect(objects(first)).toEqual(objects(second));
  });
});
