/** A bake-off's report: every variant's measures, with intervals, and what it costs. */
import {
  type BakeoffKeys,
  type BakeoffMasks,
  type BakeoffMeasure,
  type BakeoffPlan,
  type BakeoffReport,
  type BakeoffResult,
  bakeoffKeys,
  bakeoffMasks,
  bakeoffMeasures,
  type JudgedImage,
  type Measured,
} from '@saltworks/contract/documents/bakeoffs';
import { bakeoffReportKey } from '@saltworks/contract/layout';
import type { OfBakeoff } from '@saltworks/contract/messages/bakeoff';
import { pairedIntervals } from '@saltworks/core/judge/bootstrap';
import { mean } from '@saltworks/core/metrics/mean';
import { readParts, readPlan } from '@saltworks/store/bakeoffs/bakeoffs';
import { countKeys } from '@saltworks/store/datasets/key-sets';
import type { ObjectStore } from '@saltworks/store/objects/store';

export async function finishBakeoff(
  store: ObjectStore,
  { subject, bakeoff }: OfBakeoff,
  signal: AbortSignal,
): Promise<void> {
  const plan = await readPlan(store, subject, bakeoff, { signal });
  const tried = await Promise.all(
    plan.variants.map(async ({ keys }, variant) => ({
      keys: await gathered(readParts(store, plan, 'keys', variant, bakeoffKeys, { signal })),
      masks: await gathered(readParts(store, plan, 'masks', variant, bakeoffMasks, { signal })),
      there: (await countKeys(store, plan.dataset, keys, { signal })).images,
    })),
  );
  await store.put(bakeoffReportKey(subject, bakeoff), JSON.stringify(reportOf(plan, tried)), { signal });
}

async function gathered<T>(parts: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const part of parts) found.push(part);
  return found;
}

/** What was measured of a variant. @property there images that have its keys from a run */
export interface Tried {
  keys: BakeoffKeys[];
  masks: BakeoffMasks[];
  there: number;
}

/** @param tried by variant */
export function reportOf(plan: BakeoffPlan, tried: readonly Tried[]): BakeoffReport {
  const judged = tried.map(({ masks }) => new Map(masks.flatMap(({ images }) => images).map((one) => [one.id, one])));
  // Variants are compared on the same images: those that all of them could be judged on.
  const common = plan.images.filter(({ id }) => judged.every((images) => images.has(id))).map(({ id }) => id);
  const rows = judged.map((images) => common.map((id) => images.get(id)!));
  const measures = bakeoffMeasures.map((measure) => [measure, measuredBy(measure, rows)] as const);
  const names = new Map(plan.images.map(({ id, name }) => [id, name]));
  return {
    version: 1,
    bakeoff: plan.id,
    images: plan.images.length,
    judged: common.length,
    strokes: rows[0].reduce((sum, { held }) => sum + (held?.strokes ?? 0), 0),
    variants: plan.variants.map(({ name, keys }, variant): BakeoffResult => {
      const of = Object.fromEntries(measures.map(([measure, found]) => [measure, found?.[variant] ?? null]));
      return {
        ...{ name, keys },
        ...(of as Record<BakeoffMeasure, Measured | null>),
        ...costOf(tried[variant]),
        there: tried[variant].there,
      };
    }),
    failures: tried.flatMap(({ keys, masks }, variant) => {
      const of = new Map([...masks, ...keys].flatMap(({ failures }) => failures).map(({ id, reason }) => [id, reason]));
      return [...of]
        .sort(([a], [b]) => a - b)
        .map(([id, reason]) => ({ variant: plan.variants[variant].name, image: names.get(id) ?? '', reason }));
    }),
  };
}

const values: Record<BakeoffMeasure, (image: JudgedImage) => number | undefined> = {
  known: ({ known }) => known,
  accepted: ({ accepted }) => accepted,
  pixels: ({ held }) => held?.pixels,
  labels: ({ held }) => held?.labels,
};

/** @param rows by variant, of the same images in the same order */
function measuredBy(measure: BakeoffMeasure, rows: readonly (readonly JudgedImage[])[]): Measured[] | undefined {
  const found = rows.map((images) => images.map(values[measure]));
  const had = found[0].flatMap((_, image) => (found.every((row) => row[image] !== undefined) ? [image] : []));
  if (had.length === 0) return undefined;
  const numbers = found.map((row) => had.map((image) => row[image] as number));
  return pairedIntervals(numbers).map((intervals) => ({ images: had.length, ...intervals }));
}

function costOf({ keys, masks }: Tried): Pick<BakeoffResult, 'sample' | 'cost'> {
  const images = keys.flatMap(({ images }) => images);
  const made = masks.flatMap(({ images }) => images);
  const [timed, seconds] = [sumOf(keys.map(({ timed }) => timed)), sumOf(keys.map(({ seconds }) => seconds))];
  const opened = keys.find(({ device }) => device !== null);
  return {
    sample: {
      made: images.filter(({ cached }) => !cached).length,
      cached: images.filter(({ cached }) => cached).length,
      bytes: sumOf(images.map(({ bytes }) => bytes)),
    },
    cost: {
      inference: timed === 0 ? null : seconds / timed,
      device: opened?.device ?? null,
      precision: opened?.precision ?? null,
      mask: meanOf(made.map(({ seconds }) => seconds)),
      keyBytes: meanOf(images.map(({ bytes }) => bytes)),
      maskBytes: meanOf(made.map(({ bytes }) => bytes)),
    },
  };
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0);
const meanOf = (numbers: readonly number[]): number | null => (numbers.length === 0 ? null : mean(numbers));
