import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startStack } from '../bench/stack.mjs';
import { tinyVit } from '../packages/backbone/test/tiny-vit.ts';
import { objectsOf } from './objects.ts';
import { root, saltworks } from './saltworks.ts';

type Stack = Awaited<ReturnType<typeof startStack>>;

const scratch = mkdtempSync(join(tmpdir(), 'saltworks-backbones-'));
const pictures = ['chelsea.png', 'coffee.jpg'];
const { length: count } = pictures;
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
    expect(last(await run(stack, 'extract', 'photos', ...sets[kind], '--json'))).toMatchObject({
      images: count,
      failed: 0,
    });
    between();
    const made = last(await run(stack, 'propagate', 'photos', ...sets[kind], '--json'));
    expect([made.images, made.done + made.cached, made.failed]).toEqual([count, count, 0]);
  }
  const objects = ({ home }: Stack, prefixes = kept) => objectsOf(join(home, 'objects'), prefixes);
  /** Without the documents of datasets: exports number categories there. */
  const withoutDatasets = (stack: Stack) => objects(stack, ['keys', 'key-sets', 'masks']);

  beforeAll(async () => {
    const images = join(scratch, 'images');
    mkdirSync(images);
    for (const name of pictures) copyFileSync(join(root, 'examples/images', name), join(images, name));
    [first, second] = await Promise.all([startStack(), startStack()]);
    const both = [first, second].map((stack) =>
      run(stack, 'dataset', 'import', images, '--name', 'photos', '--scribbles', join(root, 'examples/scribbles')),
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
    // Keys and their lineage, masks and their documents, two reports.
    expect(after.size).toBe(before.size + count + 1 + 2 * count + 2);
    expect(objects(second)).toEqual(after);
  });

  test('lists both, and exports them apart: other masks, each naming its keys', async () => {
    const listed = (await run(first, 'dataset', 'keys', 'photos', '--json'))
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(listed).toMatchObject([
      { id: ids.own, images: count, failed: 0, made: { layer: 11, facet: 'key', longSide: 154 } },
      { id: ids.other, images: count, failed: 0, made: { layer: 8, facet: 'value', longSide: 154 } },
    ]);
    const exported = async (kind: keyof typeof sets) => {
      const out = join(scratch, kind);
      await run(first, 'dataset', 'export', 'photos', ...sets[kind], '--format', 'coco-panoptic', '--out', out);
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
    expect([...own.masks].filter(([name, hash]) => other.masks.get(name) === hash)).toEqual([]);
  });

  test('has campaigns on each; a set that one draws on is not removed', async () => {
    const create = ['campaign', 'create', 'deep', '--dataset', 'photos', '--categories', 'thing', '--wait', '--json'];
    const made = last(await run(first, ...create, ...sets.other));
    expect(made).toMatchObject({ backbone: 'dinov2-small-focus', layer: 8, facet: 'value', longSide: 154 });
    // All keys were there.
    expect(withoutDatasets(first)).toEqual(withoutDatasets(second));
    const env = { SALTWORKS_HOME: first.home };
    const refused = await saltworks(['dataset', 'keys', 'rm', 'photos', ids.other], { env });
    expect(refused.stderr).toContain(`campaign deep draws on the keys ${ids.other}`);
    expect(refused.status).toBe(2);
    expect(last(await run(first, 'dataset', 'keys', 'rm', 'photos', ids.own, '--json'))).toMatchObject({
      removed: count,
    });
    expect(existsSync(join(first.home, 'objects/keys', ids.own))).toBe(false);
    // The keys alone are gone, and are made again as they were.
    await make(first, 'own');
    expect(withoutDatasets(first)).toEqual(withoutDatasets(second));
  });
  test('takes a file as a backbone: it goes into the store, named by its content', async () => {
    const file = join(scratch, 'My Tiny.onnx');
    writeFileSync(file, tinyVit());
    const choice = ['--backbone', file, ...small];
    expect(last(await run(second, 'extract', 'photos', ...choice, '--json'))).toMatchObject({
      images: count,
      failed: 0,
    });
    const hash = createHash('sha256').update(readFileSync(file)).digest('hex');
    const listed = (await run(second, 'dataset', 'keys', 'photos', '--json'))
      .split('\n')
      .map((line) => JSON.parse(line));
    const [{ id, made }] = listed.filter(({ made }) => made.sha256 === hash);
    expect(made).toMatchObject({ layer: 1, facet: 'key', longSide: 154 });
    expect(id).toContain(hash.slice(0, 12));
    // Where the file has gone, its name still stands for it.
    rmSync(file);
    const masks = await run(second, 'propagate', 'photos', '--backbone', made.backbone, ...small, '--json');
    expect(last(masks)).toMatchObject({ images: count, done: count, failed: 0 });
  });
});
