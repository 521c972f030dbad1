/** Two runs over the same images, compared image by image. */
import type {
  ChangedImage,
  EvaluationComparison,
  EvaluationDifference,
} from '@saltworks/contract/documents/evaluation-comparisons';
import {
  type EvaluationMean,
  type EvaluationPlan,
  type EvaluationRow,
  evaluationMeans,
} from '@saltworks/contract/documents/evaluations';
import { InvalidInputError } from '@saltworks/contract/errors';
import { pairedIntervals } from '@saltworks/core/judge/bootstrap';
import { mean } from '@saltworks/core/metrics/mean';
import { byImage, type Group, groupsOf, measures, order } from './groups.ts';

export interface Run {
  /** As the caller calls it: its folder. */
  name: string;
  plan: EvaluationPlan;
  rows: readonly EvaluationRow[];
}

/**
 * @param before the run that `after` is compared with
 * @throws InvalidInputError unless both measured the same images by the same protocols
 */
export function compareRuns(before: Run, after: Run): EvaluationComparison {
  expectComparable(before, after);
  const pairs = pairsOf(before, after);
  const { dataset } = after.plan;
  const about = ({ plan: { backbone, preset } }: Run) => ({ backbone, preset });
  return {
    version: 1,
    dataset,
    before: about(before),
    after: about(after),
    differences: pairs.flatMap((pair) => evaluationMeans.flatMap((measure) => differenceOf(pair, measure))),
    images: changed(pairs),
  };
}

function expectComparable(before: Run, after: Run): void {
  const images = ({ plan }: Run) =>
    new Map(plan.images.map(({ name, source, sha256 }) => [source === '' ? name : `${source}/${name}`, sha256]));
  const [old, now] = [images(before), images(after)];
  for (const [one, other, [run, rest]] of [
    [old, now, [before, after]],
    [now, old, [after, before]],
  ] as const) {
    const alone = [...one.keys()].find((image) => !other.has(image));
    if (alone === undefined) continue;
    throw new InvalidInputError(
      `${run.name} has ${one.size} images, ${rest.name} ${other.size}, and "${alone}" is in the first alone; expected runs on the same images`,
    );
  }
  const other = [...old].find(([image, sha256]) => now.get(image) !== sha256);
  if (other) {
    throw new InvalidInputError(
      `"${other[0]}" is another picture in ${before.name} than in ${after.name}; expected runs on the same images`,
    );
  }
  const protocols = ({ plan }: Run) => [...plan.protocols].sort().join(', ');
  if (protocols(before) !== protocols(after)) {
    throw new InvalidInputError(
      `${before.name} measured ${protocols(before)}, ${after.name} ${protocols(after)}; expected runs of the same protocols`,
    );
  }
  for (const setting of ['budget', 'bar', 'seed'] as const) {
    const [old, now] = [before.plan[setting], after.plan[setting]];
    if (old === now) continue;
    throw new InvalidInputError(`${before.name} has ${setting} ${old}, ${after.name} ${now}; expected the same one`);
  }
}

interface Pair {
  before: Group;
  after: Group;
}

/** Variants of one name; what the runs name by their presets counts as one. Variants of one run alone are left out. */
function pairsOf(before: Run, after: Run): Pair[] {
  const now = groupsOf(after.rows);
  const renamed = (variant: string) => {
    const { preset } = before.plan;
    const ofPreset = variant === preset || variant.startsWith(`${preset},`);
    return ofPreset ? after.plan.preset + variant.slice(preset.length) : variant;
  };
  return groupsOf(before.rows).flatMap((group) => {
    const { protocol, source } = group;
    const variant = renamed(group.variant);
    const found = now.find((one) => one.protocol === protocol && one.source === source && one.variant === variant);
    return found ? [{ before: group, after: found }] : [];
  });
}

/** Values of the images that both have, in the order of the first. */
function pairedValues({ before, after }: Pair, measure: EvaluationMean) {
  const now = byImage(after.rows, measures[measure]);
  return [...byImage(before.rows, measures[measure])].flatMap(([image, old]) => {
    const value = now.get(image);
    return value === undefined ? [] : [{ image, before: old, after: value }];
  });
}

function differenceOf(pair: Pair, measure: EvaluationMean): EvaluationDifference[] {
  const values = pairedValues(pair, measure);
  if (values.length === 0) return [];
  const [old, now] = [values.map(({ before }) => before), values.map(({ after }) => after)];
  const [, { difference }] = pairedIntervals([old, now]);
  const gain = measure === 'nci' ? -1 : 1;
  const { protocol, source, variant } = pair.before;
  return [
    {
      ...{ protocol, source, before: variant, after: pair.after.variant, measure, images: values.length },
      values: { before: mean(old), after: mean(now) },
      difference,
      better: values.filter(({ before, after }) => gain * (after - before) > 0).length,
      worse: values.filter(({ before, after }) => gain * (after - before) < 0).length,
    },
  ];
}

/** By the first variant of each protocol and source. */
function changed(pairs: readonly Pair[]): ChangedImage[] {
  const isFirst = ({ before: { protocol, source } }: Pair, i: number) =>
    pairs.findIndex(({ before }) => before.protocol === protocol && before.source === source) === i;
  const change = ({ before, after }: ChangedImage) => Math.abs(after - before);
  return pairs
    .filter(isFirst)
    .flatMap((pair) =>
      pairedValues(pair, 'miou').map(({ image, before, after }) => {
        const { protocol, source } = pair.before;
        return { protocol, image, source, before, after };
      }),
    )
    .sort((a, b) => change(b) - change(a) || order(a.image, b.image));
}
