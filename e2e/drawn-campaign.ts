/**
 * A campaign over photographs of examples/, drawn on by two annotators who are scripts: one mask is accepted, one is a
 * consensus, one image has a known mask, and one is still open.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Assignment } from '@saltworks/contract/api/assignments';
import type { Campaign } from '@saltworks/contract/api/campaigns';
import type { Interaction } from '@saltworks/contract/api/interactions';
import { parseScribbles, type Scribbles } from '@saltworks/contract/documents/scribbles';
import { invite, type startStack } from '../bench/stack.mjs';
import { type Annotator, signIn } from './annotator.ts';
import { root } from './saltworks.ts';

export type Stack = Awaited<ReturnType<typeof startStack>>;

const categories = ['cup', 'saucer', 'spoon', 'cat', 'person', 'helmet', 'flag', 'camera', 'grass:stuff'];
/** In the order in which they are given out; the first has a known mask. */
export const photographs = ['coffee.jpg', 'chelsea.png', 'astronaut.jpg', 'camera.png'];

/** Outline of the cup with its handle, drawn by hand: x, y, x, y … */
const cup = [
  ...[174, 100, 180, 75, 200, 45, 235, 25, 275, 18, 320, 22, 360, 40, 390, 70, 408, 105, 408, 135, 395, 170, 380, 205],
  ...[365, 232, 345, 255, 325, 270, 300, 282, 270, 285, 255, 282, 245, 300, 228, 310, 208, 308, 196, 290, 198, 265],
  ...[210, 245, 220, 232, 205, 215, 190, 190, 178, 155, 173, 125],
];

/** Writes the photographs and a COCO document that lists them, with the cup. @returns the document's path */
export function writeSource(): string {
  const folder = mkdtempSync(join(tmpdir(), 'saltworks-drawn-'));
  mkdirSync(join(folder, 'images'));
  for (const name of photographs) {
    copyFileSync(join(root, 'examples/images', name), join(folder, 'images', name));
  }
  const path = join(folder, 'images', 'list.json');
  const document = {
    images: photographs.map((file_name, i) => ({ id: i + 1, file_name, ...scribblesOf(file_name).image })),
    categories: [{ id: 1, name: 'cup' }],
    annotations: [{ id: 1, image_id: 1, category_id: 1, iscrowd: 0, segmentation: [cup] }],
  };
  writeFileSync(path, JSON.stringify(document));
  return path;
}

const scribblesOf = (name: string): Scribbles =>
  parseScribbles(readFileSync(join(root, 'examples/scribbles', name.replace(/\.\w+$/, '.json'))));

/**
 * What an annotator does who draws the strokes of examples/scribbles, some pixels to the right.
 *
 * @param classes names of the campaign's categories, in the order of their ids
 */
export function deeds(image: string, shift: number, classes: readonly string[]): Interaction[] {
  const { segments, strokes } = scribblesOf(image);
  // "camera on a tripod" is a camera here.
  const named = segments.flatMap(({ id, category }) => {
    const at = classes.findIndex((name) => category.split(' ').includes(name));
    return at < 0 ? [] : [{ kind: 'segment' as const, id, category: at + 1 }];
  });
  const known = new Set([0, ...named.map(({ id }) => id)]);
  return [
    ...named,
    ...strokes
      .filter(({ segment }) => known.has(segment))
      .map(({ segment, points, radius }) => ({
        kind: 'stroke' as const,
        segment,
        points: points.map(([x, y]): [number, number] => [x + shift, y]),
        radius,
      })),
  ];
}

/** An assignment as an annotator left it. */
export interface Work {
  id: string;
  task: string;
  image: { id: number; name: string; sha256: string };
  interactions: Interaction[];
  /** Undefined while it is open. */
  mask?: string;
}

/** Takes the next image, draws on it, and submits it unless it is `left` open. */
export async function drawNext(
  annotator: Annotator,
  campaign: string,
  shift: number,
  left = (_name: string) => false,
): Promise<Work | undefined> {
  const taken = await annotator.ask<Assignment | null>('POST', `/api/campaigns/${campaign}/next`, {});
  if (!taken) return undefined;
  const { id, task, image } = taken;
  const { categories } = await annotator.ask<Campaign>('GET', `/api/campaigns/${campaign}`);
  const classes = categories.map(({ name }) => name);
  const interactions = deeds(image.name, shift, classes);
  await annotator.send(id, interactions);
  const work = { id, task, image, interactions };
  if (left(image.name)) return work;
  const { mask } = await annotator.ask<{ mask: string }>('POST', `/api/assignments/${id}/submit`, {});
  return { ...work, mask };
}

export interface DrawnCampaign {
  ann: Annotator;
  bob: Annotator;
  /** In the order of `photographs`; Bob's last one is open. */
  works: { ann: Work[]; bob: Work[] };
}

/**
 * Imports the photographs as a dataset of the campaign's name, creates the campaign and has it drawn. The cat of the second
 * image is accepted, the third has a consensus.
 *
 * @param keys options of `campaign create` that choose the keys to draw on
 */
export async function drawnCampaign(stack: Stack, id: string, keys: readonly string[] = []): Promise<DrawnCampaign> {
  stack.run('dataset', 'import', writeSource(), '--name', id);
  const create = ['--dataset', id, '--categories', categories.join(','), '--annotators', '2', '--honeypots', '1'];
  stack.run('campaign', 'create', id, ...create, ...keys, '--wait');
  const [ann, bob] = await Promise.all(
    ['ann', 'bob'].map(async (name) => signIn((await invite(stack, id, name, 'annotator')).link)),
  );
  const works = { ann: [] as Work[], bob: [] as Work[] };
  for (const [who, annotator, shift] of [['ann', ann, 0] as const, ['bob', bob, 3] as const]) {
    const left = (name: string) => who === 'bob' && name === photographs.at(-1);
    for (const _ of photographs) works[who].push((await drawNext(annotator, id, shift, left))!);
  }
  const [, cat, astronaut] = works.ann;
  await stack.admin('POST', `/api/tasks/${astronaut.task}/consensus`, { weights: 'equal' });
  await ann.ask('GET', `/api/assignments/${cat.id}`);
  await stack.admin('POST', `/api/assignments/${cat.id}/review`, { verdict: 'accept' });
  return { ann, bob, works };
}
