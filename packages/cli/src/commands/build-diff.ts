/** `saltworks build diff`: what changed between two builds, how much, and why; as text, JSON, or COCO. */
import {
  type BuildComparison,
  getBuildComparison,
  getBuildComparisonImages,
  getBuildShown,
} from '@saltworks/contract/api/builds';
import type { ChangeCause, ComparedImage, Comparison } from '@saltworks/contract/documents/comparisons';
import { InvalidInputError } from '@saltworks/contract/errors';
import { maskKey } from '@saltworks/contract/layout';
import { changesDocument } from '@saltworks/core/formats/coco/changes';
import { decodePanoptic } from '@saltworks/core/mask/mask';
import { openStore } from '@saltworks/store/objects/open';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { Command } from 'commander';
import type { Api } from '../api.ts';
import { buildNamed } from '../builds.ts';
import { writeWhole } from '../files.ts';
import { followRun } from '../follow-api.ts';
import { parseWhole } from '../options.ts';
import type { Progress } from '../progress.ts';
import { readSettings } from '../settings.ts';
import { withApi } from '../stack/connect.ts';
import { findSubject, subjectText } from '../subjects.ts';
import { table } from '../table.ts';

interface DiffFlags {
  json?: boolean;
  coco?: string;
  limit: number;
}

export const diffCommand = (): Command =>
  new Command('diff')
    .description('what changed between two builds, how much, and why')
    .argument('<name>', 'a campaign or a dataset')
    .argument(
      '[before]',
      "a build's id or its first digits, or a time: what was shown then (default: what was shown when AFTER was made)",
    )
    .argument('[after]', "a build's id or its first digits, or a time (default: what is shown now)")
    .option('--limit <n>', 'images that are listed, the most changed first', parseWhole(0), 20)
    .option('--coco <file>', 'write every segment that changed as a COCO instances document, too')
    .option('--json', 'one JSON document instead of text')
    .addHelpText(
      'after',
      `
Times are ISO 8601; a day alone means its beginning, UTC. Builds that were never compared are compared first.
The COCO document holds what is there now, of kept images what they are offered, and of segments that are gone what was there;
"change" tells the rest.

Example: saltworks build diff pets 2026-11-28 --coco changes.json`,
    )
    .action(diff);

async function diff(
  name: string,
  before: string | undefined,
  after: string | undefined,
  { json, coco, limit }: DiffFlags,
): Promise<void> {
  await withApi(json, async (api, line) => {
    const subject = subjectText(await findSubject(api, name));
    const build = await buildAt(api, { name, subject }, after);
    const params = { subject, build };
    const query = before === undefined ? {} : { before: await buildAt(api, { name, subject }, before) };
    const found = await comparedBuilds(api, { params, query }, { name, line, json: !!json });
    const images = () => comparedImages(api, { params, query });
    const most: ComparedImage[] = [];
    for await (const image of images()) {
      if (most.length === limit || !isChanged(image)) break;
      most.push(image);
    }
    if (coco !== undefined) await writeCoco(coco, name, found, images());
    line.clear();
    if (json) console.log(JSON.stringify({ ...found, images: most }));
    else console.log(textOf(name, found, most));
  });
}

const isChanged = ({ changed, reason }: ComparedImage) => changed > 0 || reason !== undefined;

/**
 * The id of a build.
 *
 * @param at its id or first digits, or a time; default now
 * @throws InvalidInputError unless one build is meant, or if none was shown then
 */
async function buildAt(api: Api, of: { name: string; subject: string }, at: string | undefined): Promise<string> {
  if (at === undefined || /^[0-9a-f]{4,16}$/.test(at)) return buildNamed(api, of, at);
  const { name, subject } = of;
  const { build } = await api(getBuildShown, { params: { subject }, query: { at: timeOf(at) } });
  if (build) return build.id;
  throw new InvalidInputError(`${name} showed no build at ${at}; expected one of: saltworks build ls ${name}`);
}

function timeOf(text: string): string {
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? new Date(text) : undefined;
  if (time && !Number.isNaN(time.getTime())) return time.toISOString();
  throw new InvalidInputError(
    `"${text}"; expected the id of a build, its first digits (4 or more), or a time as 2026-11-28T09:30Z`,
  );
}

interface Pair {
  params: { subject: string; build: string };
  query: { before?: string };
}

type Found = BuildComparison & { comparison: Comparison };

/** Waits for the comparison where there is none yet. */
async function comparedBuilds(
  api: Api,
  pair: Pair,
  follow: { name: string; line: Progress; json: boolean },
): Promise<Found> {
  for (;;) {
    const { comparison, run, ...found } = await api(getBuildComparison, pair);
    if (comparison) return { ...found, comparison, run: null };
    if (!run) throw new Error(`${follow.name}: no comparison, and no run that makes it; expected one of them`);
    await followRun(api, run.id.split('/')[1], run, follow);
  }
}

async function* comparedImages(api: Api, { params, query }: Pair): AsyncGenerator<ComparedImage> {
  for (let after: string | undefined; ; ) {
    const { items, next } = await api(getBuildComparisonImages, { params, query: { ...query, after, limit: 200 } });
    yield* items;
    if (next === null) return;
    after = next;
  }
}

const words: Record<ChangeCause, string> = {
  strokes: 'new strokes',
  backbone: 'another backbone',
  layer: 'another layer',
  facet: 'another facet',
  size: 'another size',
  codec: 'another codec of keys',
  settings: 'other settings of the solve',
  code: 'a newer version of the code',
  added: 'new',
  removed: 'removed',
};
const wordOf = (cause: string) => words[cause as ChangeCause] ?? cause;

function textOf(name: string, { before, after, comparison }: Found, most: readonly ComparedImage[]): string {
  const { images, changed, kept, added, removed, failed, share, iou, why, classes, known, accepted } = comparison;
  const others = [
    kept > 0 && `${kept} kept`,
    added > 0 && `${added} new`,
    removed > 0 && `${removed} gone`,
    failed > 0 && `${failed} could not be compared`,
  ].filter((part) => typeof part === 'string');
  const lines = [
    `${name}: ${before ?? 'nothing'} → ${after}`,
    `${changed} of ${images} images changed${others.length > 0 ? ` (${others.join(', ')})` : ''}; ${percent(share)} of all pixels, mean IoU of segments ${three(iou)}`,
  ];
  for (const [judged, what] of [
    [known, 'known'],
    [accepted, 'accepted'],
  ] as const) {
    if (!judged) continue;
    lines.push(
      `${what} masks: mean IoU ${three(judged.before)} → ${three(judged.after)} on ${judged.images} image${judged.images === 1 ? '' : 's'}, worse on ${judged.worse}`,
    );
  }
  const causes = Object.entries(why).map(([cause, count]) => [wordOf(cause), count]);
  if (causes.length > 0) lines.push('', table(['why', 'images'], causes));
  const rows = classes.map(({ category, before, after, both, images }) => [
    category === '' ? '(background)' : category,
    images,
    before,
    after,
    three(both / Math.max(1, before + after - both)),
  ]);
  if (rows.length > 0) lines.push('', table(['class', 'images', 'pixels before', 'after', 'IoU'], rows));
  const listed = most.map(({ name, changed, iou, why, kept, reason }) => [
    name,
    reason === undefined ? percent(changed) : '–',
    reason === undefined ? three(iou) : '–',
    reason ?? [...(kept ? [`kept: ${kept}`] : []), ...why.map(wordOf)].join(', '),
  ]);
  if (listed.length > 0) lines.push('', table(['image', 'changed', 'IoU', 'why'], listed));
  return lines.join('\n');
}

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
const three = (value: number) => value.toFixed(3);

async function writeCoco(
  path: string,
  name: string,
  { before, after, comparison }: Found,
  images: AsyncIterable<ComparedImage>,
): Promise<void> {
  const settings = readSettings();
  const store = openStore(settings.store, settings.s3);
  const { histogram: _, classes, ...told } = comparison;
  const info = { description: `${name}: ${before ?? 'nothing'} to ${after}`, comparison: told };
  const named = classes.map(({ category }) => category).filter((category) => category !== '');
  const masksOf = async (image: ComparedImage) => ({
    before: await readMask(store, image.before),
    after: await readMask(store, image.after),
  });
  await writeWhole(path, encoded(changesDocument(info, named, images, masksOf)));
}

async function* encoded(text: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const piece of text) yield encoder.encode(piece);
}

async function readMask(store: ObjectStore, id: string | null) {
  if (id === null) return undefined;
  const { decodeImage } = await import('@saltworks/backbone/image/decode');
  return decodePanoptic(await decodeImage(await store.get(maskKey(id, '.png'))));
}
