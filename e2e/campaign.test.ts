import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeImage } from '@saltworks/backbone/image/decode';
import type { Interaction } from '@saltworks/contract/api/interactions';
import type { LabelEfficiency } from '@saltworks/contract/api/measures';
import type { NodeLabels } from '@saltworks/contract/documents/node-labels';
import { decodeRuns } from '@saltworks/contract/documents/run-lengths';
import { parseScribbles } from '@saltworks/contract/documents/scribbles';
import { keysKey, maskKey } from '@saltworks/contract/layout';
import { agreement } from '@saltworks/core/crowd/agreement';
import { consensus } from '@saltworks/core/crowd/consensus';
import { reliabilities } from '@saltworks/core/crowd/reliability';
import { replay } from '@saltworks/core/drawing/replay';
import { scribblesOf } from '@saltworks/core/drawing/scribbles-of';
import { decodeKeys } from '@saltworks/core/formats/keys';
import { parseScribblePng } from '@saltworks/core/formats/scribble-png';
import { decodePanoptic, type Mask } from '@saltworks/core/mask/mask';
import { argmax } from '@saltworks/core/nodes/scores';
import { presets } from '@saltworks/core/options';
import { rasterise } from '@saltworks/core/seeds/seeds';
import { segment } from '@saltworks/core/segment';
import { openDatabase } from '@saltworks/orchestrator/db/open';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { dataFolder, haveData } from '../bench/data.mjs';
import { type Annotator, annotator, parseEvents, type ServerEvent, signIn, tracedStrokes } from './annotator.ts';
import { root, saltworks } from './saltworks.ts';

const folder = join(dataFolder, 'multi/icg');
/** The images, and the two people whose scribbles this test draws again. */
const pictures = ['icg_0021', 'icg_0024', 'icg_0052'];
const people = ['9050', '9060'] as const;
const category = { id: 1, name: 'region', colour: '#e69f00', isthing: true };

const home = mkdtempSync(join(tmpdir(), 'saltworks-campaign-'));
const env = { SALTWORKS_HOME: home };
afterAll(() => rmSync(home, { recursive: true, force: true }));
const last = (text: string) => JSON.parse(text.trim().split('\n').at(-1)!);
const lines = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

async function command<Answer>(...args: string[]): Promise<Answer> {
  const { status, stdout, stderr } = await saltworks([...args, '--json'], { env });
  expect(status, stderr).toBe(0);
  return last(stdout);
}

let stack: ChildProcess;
const url = (): string => JSON.parse(readFileSync(join(home, 'stack.json'), 'utf8')).url;

async function stop(): Promise<number | null> {
  const ended = new Promise<number | null>((resolve) => stack.once('exit', resolve));
  stack.kill('SIGINT');
  return ended;
}

describe.skipIf(!haveData)(
  `a campaign, from people’s strokes to an export${haveData ? '' : ' (skipped: no ../shared/data)'}`,
  () => {
    /** Interactions and their mask, by annotator and image. */
    const works = new Map<string, { assignment: string; task: string; mask: string; interactions: Interaction[] }>();
    const drawn = (who: string, name: string) => works.get(`${who}/${name}`)!;
    let annotators: Record<string, Annotator>;
    let admin: Annotator;

    beforeAll(async () => {
      const shared = process.env.SALTWORKS_HOME ?? join(root, '.saltworks');
      for (const part of ['models', 'tools']) {
        mkdirSync(join(shared, part), { recursive: true });
        symlinkSync(join(shared, part), join(home, part));
      }
      mkdirSync(join(home, 'images'));
      for (const name of pictures) {
        copyFileSync(join(dataFolder, 'images', `${name}.jpg`), join(home, 'images', `${name}.jpg`));
      }
      stack = spawn(process.execPath, [join(root, 'saltworks'), 'up'], { env: { ...process.env, ...env } });
      await vi.waitFor(() => expect(existsSync(join(home, 'stack.json'))).toBe(true), 60_000);
    });

    afterAll(async () => {
      if (stack.exitCode === null) await stop();
    });

    const keysOf = (sha256: string) =>
      decodeKeys(readFileSync(join(home, 'objects', keysKey('dinov2-small-focus', sha256)))).keys;
    const imageOf = (name: string) => decodeImage(readFileSync(join(home, 'images', `${name}.jpg`)));
    const maskOf = async (id: string): Promise<Mask> =>
      decodePanoptic(await decodeImage(readFileSync(join(home, 'objects', maskKey(id, '.png')))));

    /** The mask that core computes from these interactions, without a server. */
    async function alone(name: string, sha256: string, interactions: Interaction[]) {
      const image = await imageOf(name);
      const scribbles = parseScribbles(scribblesOf(replay(interactions), image, { categories: [category] }));
      const raster = rasterise(scribbles);
      return { image, raster, scribbles, ...segment(image, keysOf(sha256), raster, presets.best) };
    }

    test('a command creates the campaign and extracts the missing keys', async () => {
      await command('dataset', 'import', join(home, 'images'), '--name', 'icg');
      const made = await command(
        ...['campaign', 'create', 'regions', '--dataset', 'icg', '--categories', 'region'],
        ...['--annotators', '2', '--wait'],
      );
      expect(made).toMatchObject({ id: 'regions', state: 'open', annotators: 2, categories: [category] });
      const status = await command('campaign', 'status', 'regions');
      expect(status).toMatchObject({ filled: true, tasks: 3, done: 0, assignments: {} });
      admin = await annotator(url(), readFileSync(join(home, 'api-key'), 'utf8'));
    });

    test('annotators get accounts and sign in by links that work once', async () => {
      const emails = people.map((person) => `${person}@example.org`);
      const { stdout } = await saltworks(['campaign', 'assign', 'regions', ...emails, '--json'], { env });
      const assigned: { user: string; link: string }[] = lines(stdout);
      annotators = Object.fromEntries(
        await Promise.all(assigned.map(async ({ link }, i) => [people[i], await signIn(link)])),
      );
      expect(people.map((person) => annotators[person].id)).toEqual(assigned.map(({ user }) => user));
      await expect(signIn(assigned[0].link)).rejects.toThrow('401');
      const again = await command('campaign', 'assign', 'regions', emails[0]);
      expect(again).not.toHaveProperty('link');
    });

    test.each(people)('strokes of %s become node labels, then the mask that core computes', async (person) => {
      const { ask, send, events, bytes } = annotators[person];
      for (let count = 0; count < pictures.length; count++) {
        interface Next {
          id: string;
          task: string;
          image: { name: string; sha256: string; width: number; height: number };
        }
        const { id, task, image } = await ask<Next>('POST', '/api/campaigns/regions/next', {});
        const name = image.name.replace('.jpg', '');
        const { raster, segments } = parseScribblePng(
          readFileSync(join(folder, 'scribbles', name, `${person}.png`)),
          image,
        );
        const strokes = tracedStrokes(raster);
        const interactions: Interaction[] = [
          ...segments.map(({ id }) => ({ kind: 'segment' as const, id, category: 1 })),
          ...strokes.map((stroke) => ({ kind: 'stroke' as const, ...stroke })),
        ];
        const n = interactions.length;
        const listening = events(id, 0, ({ event, data }) => event === 'pixel' && data.n === n);
        await send(id, interactions);
        const heard = await listening;
        const { mask } = await ask<{ mask: string }>('POST', `/api/assignments/${id}/submit`);
        works.set(`${person}/${name}`, { assignment: id, task, mask, interactions });

        const expected = await alone(name, image.sha256, interactions);
        // The strokes that were sent cover the hand-drawn pixels exactly.
        const ids = (of: typeof raster) => Array.from(of.owner, (stroke) => (stroke ? of.segments[stroke - 1] : 0));
        expect(ids(expected.raster)).toEqual(ids(raster));
        const patch = heard.findLast(({ event }) => event === 'patch')!.data as unknown as NodeLabels;
        const { data, labels } = expected.nodes;
        const winners = Array.from(argmax(data, labels.length), (k) => labels[k]);
        const told = Array.from(decodeRuns(patch), (k) => patch.labels[k]);
        expect(told).toEqual(winners);
        const served = decodePanoptic(await decodeImage(await bytes(`/api/assignments/${id}/masks/${mask}`)));
        expect(served.ids).toEqual(expected.mask.ids);
        checkForm(heard);
      }
      expect(await ask('POST', '/api/campaigns/regions/next', {})).toBeNull();
    });

    test('an assignment that a reviewer sends back returns to its annotator and is accepted once improved', async () => {
      const { ask, send, events } = annotators['9050'];
      const [name] = pictures;
      const { assignment, mask, interactions } = drawn('9050', name);
      const review = (body: object) => admin.ask('POST', `/api/assignments/${assignment}/review`, body);
      await review({ verdict: 'send_back', note: 'The edge on the left', at: { x: 20, y: 40 } });
      const { assignments } = await command<{ assignments: object }>('campaign', 'status', 'regions');
      expect(assignments).toEqual({ submitted: 5, sent_back: 1 });

      const taken = await ask<{ id: string; event: number }>('POST', '/api/campaigns/regions/next', {});
      expect(taken.id).toBe(assignment);
      const { reviews } = await ask<{ reviews: object[] }>('GET', `/api/assignments/${assignment}`);
      expect(reviews).toMatchObject([{ verdict: 'send_back', note: 'The edge on the left', at: { x: 20, y: 40 } }]);
      const stroke = interactions.findLast((one) => one.kind === 'stroke')!;
      const more: Interaction[] = [{ kind: 'undo' }, { kind: 'redo' }, { ...stroke, radius: 2 }];
      await send(assignment, more);
      const n = interactions.length + more.length;
      const heard = await events(assignment, taken.event, ({ event, data }) => event === 'pixel' && data.n === n);
      // The stream resumes where it stopped: no event comes twice and none is missing.
      expect(heard.map(({ id }) => id)).toEqual(heard.map((_, i) => taken.event + 1 + i));
      const handed = await ask<{ mask: string }>('POST', `/api/assignments/${assignment}/submit`);
      expect(handed.mask).not.toBe(mask);
      await review({ verdict: 'accept' });
      const all = [...interactions, ...more];
      works.set(`9050/${name}`, { ...drawn('9050', name), mask: handed.mask, interactions: all });
      const told = await events(assignment, taken.event, ({ data }) => data.state === 'accepted');
      checkForm(told);
      const status = await command('campaign', 'status', 'regions');
      expect(status).toMatchObject({ done: 3, assignments: { submitted: 5, accepted: 1 }, pace: { hour: 6, day: 6 } });
    });

    /** The inputs of `agreement` and `consensus` for one image, by person. */
    async function answers(name: string) {
      const sha256 = sha256Of.get(name)!;
      return Promise.all(
        people.map(async (person) => {
          const { interactions } = drawn(person, name);
          const { raster, scribbles, mask } = await alone(name, sha256, interactions);
          const { segments } = scribbles;
          const categories = new Map(segments.map(({ id, category }) => [id, category]));
          return { annotator: annotators[person].id, segments, raster, mask, categories };
        }),
      );
    }
    const sha256Of = new Map<string, string>();

    test('agreement and reliability equal core’s values for the same masks', async () => {
      const found = await command<{
        images: { name: string; miou: number; kappa: number }[];
        annotators: object[];
        pending: number;
      }>('campaign', 'agreement', 'regions');
      const page = await admin.ask<{ image: { name: string; sha256: string } }[]>(
        'GET',
        '/api/campaigns/regions/assignments',
      );
      for (const { image } of page) sha256Of.set(image.name.replace('.jpg', ''), image.sha256);
      const overlaps = [];
      for (const name of pictures) {
        const [one, other] = await answers(name);
        const { miou, pixels, kappa } = agreement(one, other);
        const told = found.images.find((image) => image.name === `${name}.jpg`)!;
        expect(told).toMatchObject({ annotators: 2 });
        expect([told.miou, told.kappa]).toEqual([expect.closeTo(miou, 9), expect.closeTo(kappa, 9)]);
        expect(pixels).toBeGreaterThan(0.5);
        overlaps.push({ annotators: [one.annotator, other.annotator] as [string, string], score: miou });
      }
      const expected = reliabilities({ honeypots: [], overlaps });
      expect(found.annotators).toHaveLength(2);
      for (const [i, { annotator, weight }] of expected.entries()) {
        expect(found.annotators[i]).toMatchObject({ annotator, weight: expect.closeTo(weight, 9) });
      }
      const { stdout } = await saltworks(['campaign', 'agreement', 'regions'], { env });
      expect(stdout).toMatch(/^icg_0021\.jpg +2 +0\.\d{3} +0\.\d{3}/m);
      expect(stdout).toMatch(/^9050@example\.org +0\.\d{3} +3 +0\.\d{3}$/m);
    });

    test('the consensus of an image equals core’s, with equal weights and with reliabilities', async () => {
      for (const weights of ['equal', 'reliability']) {
        const { stdout, stderr, status } = await saltworks(
          ['campaign', 'consensus', 'regions', '--weights', weights, '--json'],
          { env },
        );
        expect(status, stderr).toBe(0);
        const made: { name: string; mask: string; weights: Record<string, number> }[] = lines(stdout);
        expect(made.map(({ name }) => name)).toEqual(pictures.map((name) => `${name}.jpg`));
        for (const { name: file, mask, weights: counted } of made) {
          const name = file.replace('.jpg', '');
          const annotations = (await answers(name)).map((one) => ({ ...one, weight: counted[one.annotator] }));
          if (weights === 'equal') expect(Object.values(counted)).toEqual([1, 1]);
          const { mask: expected } = consensus(
            await imageOf(name),
            keysOf(sha256Of.get(name)!),
            annotations,
            presets.best,
          );
          expect((await maskOf(mask)).ids).toEqual(expected.ids);
        }
      }
    });

    test('effort counts every stroke, and counts idle time apart', async () => {
      const { annotators: totals } = await command<{
        annotators: { annotator: string; images: number; strokes: number; seconds: number }[];
      }>('campaign', 'effort', 'regions');
      const strokes = (person: string) =>
        pictures.flatMap((name) => drawn(person, name).interactions).filter(({ kind }) => kind === 'stroke').length;
      for (const person of people) {
        const own = totals.find((total) => total.annotator === annotators[person].id)!;
        expect([own.images, own.strokes]).toEqual([3, strokes(person)]);
        expect(own.seconds).toBeGreaterThan(0);
      }
    });

    test('label efficiency rises with strokes, up to what was handed in', async () => {
      const { handedIn, known, leftOut } = await command<LabelEfficiency>('campaign', 'efficiency', 'regions');
      expect({ known, leftOut }).toEqual({ known: null, leftOut: [] });
      expect(handedIn).toMatchObject({ images: 3, drawings: 6 });
      const means = handedIn!.byStrokes.map(({ miou }) => miou.mean);
      expect(means[0]).toBeLessThan(0.5);
      // People's lines come in many pieces here, and curves end at 200 strokes.
      const { strokes } = handedIn!.byStrokes.at(-1)!;
      expect(means.at(-1)).toBeGreaterThan(strokes < 200 ? 0.999 : 0.9);
      expect(Math.max(...means)).toBe(means.at(-1));
      const { stdout } = await saltworks(['campaign', 'efficiency', 'regions'], { env });
      expect(stdout).toMatch(/^compared with what was handed in: 3 images, 6 drawings\nstrokes +mIoU/);
    });

    test('an export holds the consensus of every image; with --accepted, only the accepted masks', async () => {
      const out = join(home, 'out');
      const run = (...more: string[]) =>
        command('campaign', 'export', 'regions', '--format', 'coco-panoptic', '--out', out, ...more);
      expect(await run()).toMatchObject({ images: 3, failed: 0 });
      const { annotations, categories } = JSON.parse(readFileSync(join(out, 'panoptic.json'), 'utf8'));
      expect(annotations).toHaveLength(3);
      expect(categories).toMatchObject([{ name: 'region', isthing: 1 }]);
      const { mask } = await admin.ask<{ mask: string }>(
        'GET',
        `/api/tasks/${drawn('9050', pictures[0]).task}/consensus`,
      );
      const written = decodePanoptic(await decodeImage(readFileSync(join(out, 'panoptic', `${pictures[0]}.png`))));
      expect(agreement({ mask: written }, { mask: await maskOf(mask) }).miou).toBe(1);
      expect(await run('--accepted')).toMatchObject({ images: 1 });
    });

    test('a refused command prints one line and exits with 2', async () => {
      for (const [args, message] of [
        [['create', 'regions', '--dataset', 'icg', '--categories', 'a'], 'campaign regions is there already'],
        [['create', 'Not An Id', '--dataset', 'icg', '--categories', 'a'], '/id: a-z, 0-9 and -, at most 64'],
        [['create', 'other', '--dataset', 'none', '--categories', 'a'], 'no dataset none'],
        [['create', 'other', '--dataset', 'icg', '--categories', 'a:b'], 'expected NAME, NAME:thing or NAME:stuff'],
        [['status', 'none'], 'no such campaign'],
        [['set', 'regions'], 'nothing to change'],
        [['set', 'regions', '--deadline', 'soon'], '--deadline soon; expected a time like'],
        [['consensus', 'regions', '--images', 'none.jpg'], 'nobody handed in none.jpg'],
      ] as [string[], string][]) {
        const { status, stderr } = await saltworks(['campaign', ...args], { env });
        expect(stderr).toContain(message);
        expect(stderr.trim().split('\n'), stderr).toHaveLength(1);
        expect(status, args.join(' ')).toBe(2);
      }
      expect(await command('campaign', 'set', 'regions', '--state', 'paused')).toMatchObject({ state: 'paused' });
      await expect(annotators['9050'].ask('POST', '/api/campaigns/regions/next', {})).rejects.toThrow('409');
    });

    test('the audit trail verifies, and names the entry that somebody forged', async () => {
      const { entries } = await command<{ entries: number }>('audit', 'verify');
      expect(entries).toBeGreaterThan(15);
      expect(await stop()).toBe(0);
      const { db, close } = await openDatabase(join(home, 'database'));
      const { n, hash } = await db
        .selectFrom('audit')
        .select(['n', 'hash'])
        .orderBy('n', 'desc')
        .limit(1)
        .executeTakeFirstOrThrow();
      const forged = { actor: null, action: 'member.set', object: 'regions', detail: '{}', previous: hash };
      await db
        .insertInto('audit')
        .values({ n: Number(n) + 1, at: new Date(), ...forged, hash: 'f'.repeat(64) })
        .execute();
      await close();
      const { status, stdout, stderr } = await saltworks(['audit', 'verify'], { env });
      expect([status, stdout]).toEqual([1, '']);
      expect(stderr.trim()).toBe(`saltworks: entry ${Number(n) + 1} does not follow from the ${n} before it`);
    });
  },
);

/** Events have the fields of the golden ones (spec/events.md) and are numbered without a gap. */
function checkForm(events: ServerEvent[]): void {
  const golden = parseEvents(readFileSync(join(root, 'spec/golden/events.txt'), 'utf8')).events;
  expect(events.map(({ id }) => id)).toEqual(events.map((_, i) => events[0].id + i));
  for (const { event, data } of events) {
    const fields = golden.filter((one) => one.event === event).map((one) => Object.keys(one.data).sort().join());
    expect(fields).toContain(Object.keys(data).sort().join());
  }
}
