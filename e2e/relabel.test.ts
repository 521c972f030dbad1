import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toInt8 } from '@saltworks/backbone/precision/int8';
import type { BuildComparison, BuildImageInfo, BuildInfo } from '@saltworks/contract/api/builds';
import type { Interaction } from '@saltworks/contract/api/interactions';
import type { OpenAssignment } from '@saltworks/contract/api/open-assignments';
import type { Task } from '@saltworks/contract/api/tasks';
import type { ComparedImage } from '@saltworks/contract/documents/comparisons';
import { openStore } from '@saltworks/store/objects/open';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startStack } from '../bench/stack.mjs';
import { findPostgres, type PostgresServer, startPostgres } from '../packages/orchestrator/test/postgres.ts';
import { findS3, type S3Server, startS3 } from '../packages/store/test/objects/server.ts';
import {
  type DrawnCampaign,
  drawnCampaign,
  photographs,
  type Stack,
  type Work,
  writeSource,
} from './drawn-campaign.ts';
import { root, saltworks } from './saltworks.ts';

const scratch = mkdtempSync(join(tmpdir(), 'saltworks-relabel-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** The weights of the default backbone in eight bits. */
const int8 = join(scratch, 'int8.onnx');
/** A tiny DINOv3 with random weights. */
const random = join(root, 'spec/golden/exports/dinov3_hf_sdpa_dynamo_size.onnx');

interface Relabelled {
  build: string;
  base: string | null;
  images: number;
  changed: number;
  promoted: boolean;
  gate: { open: boolean; reasons: string[] };
  seconds: number;
}

const linesOf = <T>(text: string): T[] =>
  text
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/** A stack, and what a test asks of the builds of one campaign or dataset there. */
function asking(stack: Stack, env: Record<string, string>, subject: string) {
  const name = subject.slice(subject.indexOf(':') + 1);
  const at = `/api/builds/${subject}`;
  /** Runs a command. It ends with 0. @returns the JSON of its last line */
  async function command<T>(...args: string[]): Promise<T> {
    const { status, stdout, stderr } = await saltworks([...args, '--json'], { env });
    expect(status, `${args.join(' ')}: ${stderr}${stdout}`).toBe(0);
    return linesOf<T>(stdout).at(-1)!;
  }
  return {
    command,
    relabel: (...args: string[]) => command<Relabelled>('relabel', name, ...args),
    builds: async () => ((await stack.admin('GET', at)) as { items: BuildInfo[] }).items,
    shown: async () => ((await stack.admin('GET', `${at}/shown`)) as { build: BuildInfo | null }).build!,
    image: (build: string, image: number) =>
      stack.admin('GET', `${at}/${build}/images/${image}`) as Promise<BuildImageInfo>,
    promote: (build: string, body: object = {}) =>
      stack.admin('POST', `${at}/${build}/promote`, body) as Promise<BuildInfo>,
    rebuild: (build: string) =>
      command<{ images: number; same: boolean; differing: object[] }>('build', 'rebuild', name, build),
  };
}

const shaOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Objects below some prefixes, by name: sha256 of their bytes. */
async function objects(store: ObjectStore, ...prefixes: string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const prefix of prefixes) {
    for await (const { key } of store.list(prefix)) found.set(key, shaOf(await store.get(key)));
  }
  return found;
}

const remove = async (store: ObjectStore, ...prefixes: string[]) => {
  for (const key of (await objects(store, ...prefixes)).keys()) await store.delete(key);
};

describe('a campaign that is re-labelled', () => {
  let stack: Stack;
  let drawn: DrawnCampaign;
  let store: ObjectStore;
  let table: ReturnType<typeof asking>;
  /** What Bob has open. */
  let open: Work;
  let log: Map<string, string>;
  /** By what they were made with. */
  const made: Record<'first' | 'layer' | 'drawn' | 'int8' | 'random', string> = {} as never;
  /** A time at which the build of the other layer was shown. */
  let layerShown: string;

  const works = () => [...drawn.works.ann, ...drawn.works.bob];
  /** Logs of all assignments but Bob's open one. */
  async function logs(): Promise<Map<string, string>> {
    const ended = works().filter(({ id }) => id !== open.id);
    const read = ended.map(
      async ({ id }) => [id, JSON.stringify(await stack.admin('GET', `/api/assignments/${id}/interactions`))] as const,
    );
    return new Map(await Promise.all(read));
  }
  /** Strokes, in the database and in the store, are as they were. */
  async function untouched() {
    expect(await logs()).toEqual(log);
    for (const { id, interactions } of works()) {
      const told = (await stack.admin('GET', `/api/assignments/${id}/interactions`)) as { interaction: Interaction }[];
      expect(told.slice(0, interactions.length).map(({ interaction }) => interaction)).toEqual(interactions);
    }
  }
  const tasks = async () =>
    ((await stack.admin('GET', '/api/campaigns/table/tasks')) as { items: Task[] }).items.map((task) => task);
  const shownOf = async (name: string) => (await tasks()).find(({ image }) => image.name === name)!.mask!;

  beforeAll(async () => {
    stack = await startStack();
    store = openStore(join(stack.home, 'objects'), () => ({}));
    table = asking(stack, { SALTWORKS_HOME: stack.home }, 'campaign:table');
    writeFileSync(int8, toInt8(readFileSync(join(stack.home, 'models/dinov2-small-focus.onnx'))));
    drawn = await drawnCampaign(stack, 'table');
    open = drawn.works.bob.at(-1)!;
    log = await logs();
  });
  afterAll(() => stack?.stop());

  test('takes the keys of another layer while an annotator draws, who keeps the settings of the image that is open', async () => {
    const before = new Map(await Promise.all(photographs.map(async (name) => [name, await shownOf(name)] as const)));
    const { bob } = drawn;
    const told = bob.events(open.id, 0, ({ event }) => event === 'build');
    /** Strokes that Bob draws all the while, one after another. */
    const more: Interaction[] = [];
    let over = false;
    const drawing = (async () => {
      for (let i = 0; !over && i < 60; i++) {
        const stroke = { kind: 'stroke' as const, segment: 0, points: [[10 + i, 5]] as [number, number][], radius: 2 };
        await bob.send(open.id, [stroke]);
        more.push(stroke);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
    const done = await table.relabel('--backbone', 'dinov2-small-focus', '--layer', '9');
    over = true;
    await drawing;
    open.interactions.push(...more);
    expect(done).toMatchObject({ images: 4, promoted: true, gate: { open: true, reasons: [] } });
    expect(done.changed).toBeGreaterThan(0);
    made.first = done.base!;
    made.layer = done.build;
    layerShown = new Date().toISOString();
    expect(await table.shown()).toMatchObject({ id: made.layer, base: made.first, kept: 1 });
    expect(await stack.admin('GET', '/api/campaigns/table')).toMatchObject({ layer: 9 });

    // What is accepted stays, and is named as kept; the rest is new.
    const [, cat] = drawn.works.ann;
    const kept = await table.image(made.layer, cat.image.id);
    expect(kept).toMatchObject({ kept: 'accepted', mask: cat.mask });
    expect(kept.offered).not.toBe(cat.mask);
    for (const [name, mask] of before) {
      expect((await shownOf(name)) === mask, name).toBe(name === 'chelsea.png');
    }
    // The consensus is one again.
    const [, , astronaut] = drawn.works.ann;
    expect(await table.image(made.layer, astronaut.image.id)).toMatchObject({ consensus: true });
    expect((await table.image(made.layer, astronaut.image.id)).drawings).toHaveLength(2);

    // Bob is told, and goes on with the keys that he began with.
    const event = (await told).find((each) => each.event === 'build')!;
    expect(event.data).toMatchObject({ build: made.layer });
    const { mask } = await bob.ask<{ mask: string }>('POST', `/api/assignments/${open.id}/submit`, {});
    open.mask = mask;
    const newer = await shownOf('camera.png');
    expect(newer).toBe(mask);
    await untouched();
  });

  test('takes the same weights in eight bits, and folds what was drawn since into a build of its own', async () => {
    await table.command('backbone', 'add', 'small', int8, '--store');
    // One known image stands for all: eight bits move its IoU by about 0.01, the default's limit.
    const done = await table.relabel('--backbone', 'small', '--gate-worse', '0.02');
    expect(done).toMatchObject({ images: 4, promoted: true, gate: { open: true } });
    made.int8 = done.build;
    made.drawn = done.base!;
    expect(made.drawn).not.toBe(made.layer);
    expect((await table.builds()).find(({ id }) => id === made.drawn)).toMatchObject({ why: 'drawn' });
    // It has Bob's new mask, as it was made; the new build has his strokes.
    const camera = drawn.works.bob.at(-1)!.image.id;
    expect(await table.image(made.drawn, camera)).toMatchObject({ mask: open.mask });
    const { drawings } = await table.image(made.int8, camera);
    expect(drawings.map(({ n }) => n)).toContain(open.interactions.length);
    expect((await table.shown()).settings).toMatchObject({ backbone: expect.stringContaining('small') });
    await untouched();
  });

  test('is held back from random weights by the gate, which a person may overrule and take back', async () => {
    await table.command('backbone', 'add', 'other', random, '--long-side', '160', '--store');
    const done = await table.relabel('--backbone', 'other');
    expect(done).toMatchObject({ base: made.int8, promoted: false, gate: { open: false } });
    expect(done.gate.reasons.join()).toMatch(/known/);
    made.random = done.build;
    expect((await table.shown()).id).toBe(made.int8);
    expect((await table.builds()).find(({ id }) => id === made.random)).toMatchObject({
      state: 'held',
      current: false,
    });

    const masks = await objects(store, 'masks/');
    const shown = await Promise.all(photographs.map(shownOf));
    await table.promote(made.random);
    expect((await table.shown()).id).toBe(made.random);
    expect(await Promise.all(photographs.map(shownOf))).not.toEqual(shown);
    const back = await table.command<BuildInfo>('build', 'rollback', 'table');
    expect(back.id).toBe(made.int8);
    expect(await Promise.all(photographs.map(shownOf))).toEqual(shown);
    // No mask was made for that, and none is gone.
    expect(await objects(store, 'masks/')).toEqual(masks);
    await untouched();
  });

  test('tells what changed between builds, or between then and now: how much, why, and where', async () => {
    const env = { SALTWORKS_HOME: stack.home };
    const diff = (...args: string[]) => saltworks(['build', 'diff', 'table', ...args], { env });
    // First digits do.
    const pair = [made.first, made.layer].map((id) => id.slice(0, 8));
    const text = await diff(...pair);
    expect(text, text.stderr).toMatchObject({ status: 0 });
    const [title, changed, ...rest] = text.stdout.split('\n');
    expect(title).toBe(`table: ${made.first} → ${made.layer}`);
    expect(changed).toMatch(
      /^3 of 4 images changed \(1 kept\); \d+\.\d\d % of all pixels, mean IoU of segments 0\.\d{3}$/,
    );
    const shape = rest.join('\n');
    expect(shape).toMatch(/^known masks: mean IoU [01]\.\d{3} → [01]\.\d{3} on 1 image, worse on [01]$/m);
    expect(shape).toMatch(/^another layer +3$/m);
    for (const name of ['\\(background\\)', 'cup', 'person'])
      expect(shape).toMatch(new RegExp(`^${name}( +\\d+){3} +[01]\\.`, 'm'));

    const out = join(scratch, 'changes.json');
    const told = await diff(...pair, '--json', '--coco', out);
    expect(told, told.stderr).toMatchObject({ status: 0 });
    const found: BuildComparison & { images: ComparedImage[] } = JSON.parse(told.stdout);
    expect(found).toMatchObject({
      before: made.first,
      after: made.layer,
      comparison: { images: 4, why: { layer: 3 } },
    });
    const shares = found.images.map(({ changed }) => changed);
    expect(shares).toEqual([...shares].sort((a, b) => b - a));
    // The text lists the same images in the same order.
    const listed = found.images.map(({ name }) => name);
    expect(shape.match(/^\S+\.(jpg|png)(?= )/gm)).toEqual(listed);
    // One of them is kept: what the other layer would give is compared, too.
    expect([...listed].sort()).toEqual([...photographs].sort());
    expect(shape).toMatch(/^chelsea\.png .* kept: accepted, another layer$/m);
    const { images, annotations, categories } = JSON.parse(readFileSync(out, 'utf8'));
    expect(images.map((image: { file_name: string }) => image.file_name)).toEqual(listed);
    expect(annotations.length).toBeGreaterThan(0);
    const ids = new Set(categories.map(({ id }: { id: number }) => id));
    for (const { category_id, change } of annotations) {
      expect(ids).toContain(category_id);
      expect(change.iou).toBeLessThan(1);
    }

    // Builds that nobody compared: what was shown then, and what is now.
    const since = await table.command<BuildComparison>('build', 'diff', 'table', layerShown);
    expect(since).toMatchObject({ before: made.layer, after: made.int8, comparison: { images: 4 } });
    for (const unusable of ['0', 'yesterday', '2020-01-01', '2026-13-01', 'f'.repeat(8), 'f'.repeat(16)]) {
      const { status, stdout, stderr } = await diff(unusable);
      expect([unusable, status, stdout]).toEqual([unusable, 2, '']);
      expect(stderr.trim().split('\n'), unusable).toHaveLength(1);
    }
  });

  test('is taken in part, and rolled back step by step to where it began', async () => {
    const [coffee] = drawn.works.ann;
    const mixed = await table.promote(made.random, { take: [coffee.image.id] });
    expect(mixed).toMatchObject({ images: 4, current: true });
    const of = (build: string, { image }: Work) => table.image(build, image.id).then(({ mask }) => mask);
    for (const work of drawn.works.ann) {
      const from = work === coffee ? made.random : made.int8;
      expect(await of(mixed.id, work), work.image.name).toBe(await of(from, work));
    }
    const out = join(scratch, 'out');
    await table.command('campaign', 'export', 'table', '--format', 'coco-panoptic', '--out', out);
    const { info } = JSON.parse(readFileSync(join(out, 'panoptic.json'), 'utf8'));
    expect(info).toMatchObject({ build: mixed.id });

    // What Bob drew since the layer was folded into it: one step goes back to before both.
    const steps: string[] = [];
    for (let i = 0; i < 3; i++) steps.push((await table.command<BuildInfo>('build', 'rollback', 'table')).id);
    expect(steps).toEqual([made.int8, made.drawn, made.first]);
    const end = await saltworks(['build', 'rollback', 'table'], { env: { SALTWORKS_HOME: stack.home } });
    expect(end.status).toBe(2);
    expect(end.stderr.trim().split('\n')).toHaveLength(1);
    // Bob's strokes are newer than any of it, and show.
    expect(await shownOf('camera.png')).toBe(open.mask);
    await untouched();
  });

  test('has every mask made again by its lineage, to the same bytes, though keys and masks are gone', async () => {
    const masks = await objects(store, 'masks/');
    await remove(store, 'masks/', 'keys/');
    for (const { id, images } of await table.builds()) {
      expect(await table.rebuild(id.slice(0, 8)), id).toMatchObject({ images, same: true, differing: [] });
    }
    const again = await objects(store, 'masks/');
    for (const { id } of await table.builds()) {
      for (const { image } of drawn.works.ann) {
        const { mask } = await table.image(id, image.id);
        const key = [...masks.keys()].find((key) => key.endsWith(`${mask}.png`))!;
        expect(again.get(key), `${id} ${image.name}`).toBe(masks.get(key));
      }
    }
    await untouched();
  });

  test('and a dataset with scribbles, which no campaign draws on: promoted, exported by its build, rolled back, rebuilt', async () => {
    const photos = asking(stack, { SALTWORKS_HOME: stack.home }, 'dataset:photos');
    const images = join(writeSource(), '..');
    await photos.command(
      'dataset',
      'import',
      images,
      '--name',
      'photos',
      '--scribbles',
      join(root, 'examples/scribbles'),
    );
    await photos.command('extract', 'photos');
    await photos.command('propagate', 'photos');
    const done = await photos.relabel('--backbone', 'dinov2-small-focus', '--layer', '9');
    expect(done).toMatchObject({ images: 4, promoted: true, gate: { open: true } });
    const out = join(scratch, 'photos');
    const ofBuild = ['--build', done.build, '--format', 'coco-panoptic', '--out', out];
    await photos.command('dataset', 'export', 'photos', ...ofBuild);
    expect(JSON.parse(readFileSync(join(out, 'panoptic.json'), 'utf8')).info).toMatchObject({ build: done.build });
    expect((await photos.command<BuildInfo>('build', 'rollback', 'photos')).id).toBe(done.base);
    for (const { id } of await photos.builds()) expect(await photos.rebuild(id)).toMatchObject({ same: true });
  });
});

const servers = findS3() !== undefined && findPostgres() !== undefined;
describe.skipIf(!servers)('on PostgreSQL and a real S3 server', () => {
  let postgres: PostgresServer;
  let s3: S3Server;
  let stack: Stack;
  let store: ObjectStore;
  let cups: ReturnType<typeof asking>;
  const keys = ['--layer', '9', '--long-side', '308'];

  beforeAll(async () => {
    [postgres, s3] = await Promise.all([startPostgres(), startS3()]);
    await postgres.run('create database saltworks');
    const env = {
      SALTWORKS_DATABASE: postgres.url('saltworks'),
      SALTWORKS_STORE: `s3://${s3.bucket}/objects`,
      SALTWORKS_S3_ENDPOINT: s3.endpoint,
      AWS_ACCESS_KEY_ID: s3.accessKeyId,
      AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
    };
    stack = await startStack(env);
    store = openStore(env.SALTWORKS_STORE, () => ({ endpoint: s3.endpoint, credentials: s3 }));
    cups = asking(stack, { ...env, SALTWORKS_HOME: stack.home }, 'campaign:cups');
  });
  afterAll(async () => {
    await stack?.stop();
    await Promise.all([postgres?.stop(), s3?.stop()]);
  });

  test('a campaign is drawn and handed in on keys of its choice', async () => {
    const { works } = await drawnCampaign(stack, 'cups', keys);
    expect(works.ann.map(({ mask }) => mask)).not.toContain(undefined);
    expect(stack.run('campaign', 'status', 'cups')).toContain('keys         dinov2-small-focus, layer 9, 308 px');
    const told = (await stack.admin('GET', `/api/assignments/${works.ann[0].id}`)) as OpenAssignment;
    expect(told.state).toBe('submitted');
  });

  test('it is re-labelled, held for a person, shown, rolled back and rebuilt', async () => {
    const done = await cups.relabel('--backbone', 'dinov2-small-focus', '--long-side', '308', '--promote', 'hold');
    expect(done).toMatchObject({ images: 4, promoted: false });
    const promoted = await cups.command<BuildInfo>('build', 'promote', 'cups', done.build);
    expect(promoted).toMatchObject({ id: done.build, current: true });
    expect((await cups.command<BuildInfo>('build', 'rollback', 'cups')).id).toBe(done.base);
    const masks = await objects(store, 'masks/');
    await remove(store, 'masks/', 'keys/');
    expect(await cups.rebuild(done.build)).toMatchObject({ images: 4, same: true, differing: [] });
    for (const [key, hash] of await objects(store, 'masks/')) expect(masks.get(key), key).toBe(hash);
  });
});
