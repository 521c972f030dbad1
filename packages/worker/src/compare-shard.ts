/** Two builds compared, a shard at a time: a line for every image of either. */
import type { Build, BuildImage } from '@saltworks/contract/documents/builds';
import { type ComparedImage, comparedImage } from '@saltworks/contract/documents/comparisons';
import { encodeLines, parseLines } from '@saltworks/contract/documents/document';
import { InvalidInputError } from '@saltworks/contract/errors';
import { buildRecipe, comparedLinesKey, truthPrefix } from '@saltworks/contract/layout';
import type { Tally } from '@saltworks/contract/messages/activities';
import type { RequestOf } from '@saltworks/contract/messages/definitions';
import type { buildActivities } from '@saltworks/contract/messages/relabel';
import { causesOf, type Origin } from '@saltworks/core/builds/causes';
import { compareMasks, type MaskChange, type NamedMask, unchanged } from '@saltworks/core/builds/compare-masks';
import { knownAgreement } from '@saltworks/core/crowd/known-image';
import { readBuild } from '@saltworks/store/builds/builds';
import { readBuildLines } from '@saltworks/store/builds/lines';
import { readBuildReport } from '@saltworks/store/builds/reports';
import { readClasses } from '@saltworks/store/datasets/classes';
import { truthId } from '@saltworks/store/datasets/truth';
import { inOrder } from '@saltworks/store/in-order';
import { readText } from '@saltworks/store/objects/documents';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { failureOf, type Pulse } from './shard.ts';
import { namesOf, readKnownMask, readMaskDocument, readNamedMask } from './stored-masks.ts';

export type CompareShardRequest = RequestOf<(typeof buildActivities)['compareShard']>;

/** Images whose masks are read side by side. */
const atOnce = 4;

/** An image's line in both builds. */
interface Pair {
  before?: BuildImage;
  after?: BuildImage;
}

/** Writes the lines of a shard's images. Those of an earlier comparison stay where the image's masks are the same. */
export async function compareShard(
  store: ObjectStore,
  { subject, dataset, shard, build, base }: CompareShardRequest,
  { beat, signal, attempt }: Pulse,
): Promise<Tally> {
  const options = { signal };
  const side = async (id: string): Promise<Side> => {
    const header = await readBuild(store, subject, id, options);
    const report = await readBuildReport(store, header, shard, options);
    const failures = new Map(report?.failures.map(({ sha256, reason }) => [sha256, reason]));
    const made = new Set(report?.masks.map(({ sha256 }) => sha256));
    return { build: header, lines: await readBuildLines(store, header.lines[shard], options), failures, made };
  };
  const [before, after] = await Promise.all([base === null ? undefined : side(base), side(build)]);
  const key = comparedLinesKey(subject, base, build, shard);
  const text = await readText(store, key, options);
  const earlier = new Map(parseLines(key, text ?? '', comparedImage).map((line) => [line.id, line]));
  const known = await knownMasks(store, { dataset, recipe: buildRecipe(subject, build) }, signal);

  let done = 0;
  const compare = async (pair: Pair): Promise<ComparedImage> => {
    const line = lineOf(pair);
    try {
      const missing = after.failures.get(line.sha256);
      if (missing !== undefined) throw new InvalidInputError(missing);
      const truth = await known.idOf(line.sha256);
      const same = earlier.get(line.id);
      if (same && isOf(same, line, truth)) return same;
      const change = await changeOf(store, line, signal);
      const why = causesIn(pair, line, before?.build, after.build);
      const judged = line.before !== null && line.after !== null && truth !== undefined;
      const compared = {
        ...{ ...line, why, ...change },
        ...(judged && (await judge(store, { dataset, ...line, truth, classes: known.classes }, signal))),
        ...(await judgeOffers(store, pair, signal)),
      };
      done++;
      return compared;
    } catch (error) {
      signal.throwIfAborted();
      return { ...line, ...nothing, reason: failureOf(line, error, attempt).reason };
    }
  };

  const lines: ComparedImage[] = [];
  beat({ next: 0, done: 0 });
  for await (const line of inOrder(pairsOf(before, after), atOnce, compare)) {
    signal.throwIfAborted();
    lines.push(line);
    beat({ next: lines.length, done });
  }
  if (lines.length > 0) await store.put(key, encodeLines(lines), options);
  const failed = lines.filter(({ reason }) => reason !== undefined).length;
  return { images: lines.length, done, failed, cached: lines.length - done - failed };
}

interface Side {
  build: Build;
  lines: BuildImage[];
  /** Why the mask of an image could not be made, or the one that it offers. */
  failures: ReadonlyMap<string, string>;
  /** Images whose mask is there. */
  made: ReadonlySet<string>;
}

/** Both builds' lines by image, ids ascending. An image that had no mask before is new. */
function pairsOf(before: Side | undefined, after: Side): Pair[] {
  const pairs = new Map<number, Pair>();
  for (const line of before?.lines ?? []) {
    if (before?.made.has(line.sha256)) pairs.set(line.id, { before: line });
  }
  for (const line of after.lines) pairs.set(line.id, { ...pairs.get(line.id), after: line });
  return [...pairs].sort(([a], [b]) => a - b).map(([, pair]) => pair);
}

type Line = Pick<ComparedImage, 'id' | 'sha256' | 'name' | 'before' | 'after' | 'kept'>;

function lineOf({ before, after }: Pair): Line {
  const { id, sha256, name } = (after ?? before) as BuildImage;
  const { kept } = after ?? {};
  const mask = after && (kept === undefined ? after.mask : (after.offered ?? after.mask));
  return { id, sha256, name, before: before?.mask ?? null, after: mask ?? null, ...(kept && { kept }) };
}

/** Whether an earlier line compares the same. */
const isOf = (earlier: ComparedImage, line: Line, truth: string | undefined): boolean =>
  earlier.reason === undefined &&
  earlier.sha256 === line.sha256 &&
  earlier.name === line.name &&
  earlier.before === line.before &&
  earlier.after === line.after &&
  earlier.kept === line.kept &&
  earlier.unjudged === undefined &&
  (line.before === null || line.after === null || earlier.known?.truth === truth);

const nothing = { changed: 0, iou: 0, why: [], pixels: 0, segments: [], classes: [] };

async function changeOf(store: ObjectStore, { before, after }: Line, signal: AbortSignal): Promise<MaskChange> {
  if (before !== null && after !== null && before !== after) {
    const [old, now] = await Promise.all([before, after].map((id) => readNamedMask(store, id, signal)));
    return compareMasks(old, now);
  }
  const document = await readMaskDocument(store, (after ?? before) as string, signal);
  const names = namesOf(document);
  const segments = document.segments_info.map(({ id, area }) => ({ id, area, category: names.get(id) ?? '' }));
  const same = unchanged(segments, document.image.width * document.image.height);
  if (before === after) return same;
  const lone = <T extends { before: number; after: number }>(of: T): T => ({
    ...of,
    ...(before === null ? { before: 0 } : { after: 0 }),
  });
  return {
    ...same,
    ...{ changed: 1, iou: 0 },
    segments: same.segments.map((segment) => ({ ...lone(segment), iou: 0 })),
    classes: same.classes.map((own) => ({ ...lone(own), both: 0 })),
  };
}

function causesIn({ before, after }: Pair, line: Line, old: Build | undefined, now: Build): ComparedImage['why'] {
  if (!before) return ['added'];
  if (!after) return ['removed'];
  if (line.before === line.after) return [];
  const settingsIn = (build: Build | undefined, at: number | null) =>
    at === null ? null : (build?.settings[at] ?? null);
  // An offered mask is what the build's own settings give.
  const settings = settingsIn(now, after.kept === undefined ? after.settings : 0);
  const origin: Origin = { ...after, settings };
  return causesOf({ ...before, settings: settingsIn(old, before.settings) }, origin);
}

/** The dataset's known masks, and the classes to judge them in. */
async function knownMasks(store: ObjectStore, of: { dataset: string; recipe: string }, signal: AbortSignal) {
  let any = false;
  for await (const _ of store.list(truthPrefix(of.dataset), { signal })) {
    any = true;
    break;
  }
  return {
    classes: any ? (await readClasses(store, of, { signal })).map(({ name }) => name) : [],
    /** Undefined where an image has none. */
    idOf: async (sha256: string) => (any ? await truthId(store, { dataset: of.dataset, sha256 }) : undefined),
  };
}

interface Judgement extends Pick<Line, 'sha256' | 'before' | 'after'> {
  dataset: string;
  truth: string;
  classes: readonly string[];
}

/** Both masks against the known one, as annotators' are. */
async function judge(
  store: ObjectStore,
  { dataset, sha256, before, after, truth, classes }: Judgement,
  signal: AbortSignal,
): Promise<Pick<ComparedImage, 'known' | 'unjudged'>> {
  const masks = await Promise.all([before, after].map((id) => readNamedMask(store, id as string, signal)));
  // Classes that have no number yet are those of the masks.
  const offered = new Set([...classes, ...masks.flatMap(({ categories }) => [...categories.values()])]);
  offered.delete('');
  const known = await readKnownMask(store, { dataset, sha256 }, [...offered], signal);
  try {
    const [was, is] = masks.map((mask) => knownAgreement(mask, ...known).miou);
    return { known: { before: was, after: is, truth } };
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return { unjudged: error.message };
  }
}

/** What both builds offer of an image whose accepted mask both keep, against that. */
async function judgeOffers(
  store: ObjectStore,
  { before, after }: Pair,
  signal: AbortSignal,
): Promise<Pick<ComparedImage, 'accepted'>> {
  if (after?.kept !== 'accepted' || after.mask !== before?.mask) return {};
  const [was, is] = [before.offered, after.offered];
  if (was === undefined || is === undefined) return {};
  const read = (id: string): Promise<NamedMask> => readNamedMask(store, id, signal);
  const [right, ...offered] = await Promise.all([after.mask, was, is].map(read));
  const [old, now] = offered.map((mask) => compareMasks(right, mask).iou);
  return { accepted: { before: old, after: now } };
}
