/**
 * Help: what the hints of the annotators' page are worth. From a dot a segment on, every next stroke lies where the page suggests,
 * or where chance does, or where the ideal annotator sees the worst error; and strokes with a wrong label are planted among right ones.
 */
import type { EvaluationRow, HelpCounts } from '@saltworks/contract/documents/evaluations';
import type { Stroke } from '@saltworks/contract/documents/scribbles';
import { InvalidInputError } from '@saltworks/contract/errors';
import { type Answer, answerFrom, labelsOf } from '@saltworks/core/answer';
import { nextStroke } from '@saltworks/core/help/next-stroke';
import { suspectStrokes } from '@saltworks/core/help/suspects';
import type { Mask } from '@saltworks/core/mask/mask';
import { depths } from '@saltworks/core/metrics/depths';
import { mean } from '@saltworks/core/metrics/mean';
import { gridOf } from '@saltworks/core/nodes/grid';
import { expectedIous } from '@saltworks/core/nodes/scores';
import { solveOptions } from '@saltworks/core/options';
import { rasterise, type StrokeRaster } from '@saltworks/core/seeds/seeds';
import { openReused } from '@saltworks/core/segment';
import type { Solver } from '@saltworks/core/solver';
import type { Case } from '../dataset/case.ts';
import { randomFrom } from '../random.ts';
import { type Correction, ideal } from '../robots/corrector.ts';
import { scribble } from '../robots/scribbler.ts';
import { blank, type NumberedTruth, numbered, numberedTruth, round, scores, withStroke } from './corrections.ts';
import { rowOf } from './measured.ts';
import type { Protocol } from './protocol.ts';

/** Strokes after the first dots. */
const more = 8;
/** Drawings of an image in which one stroke has a wrong label. */
const plantings = 3;
/** Radius of a dot, pixels; smaller where the segment is. */
const dot = 3;

export const help: Protocol = {
  name: 'help',
  fromNothing: true,
  async run(one, keysOf, { preset, spec, seed }) {
    const keys = await keysOf(one);
    const options = solveOptions(preset, spec, { seed });
    const solver = openReused(one.image, keys, options);
    const answer = (raster: StrokeRaster) => {
      try {
        return answerFrom(solver, labelsOf(raster, gridOf(keys, options.upsample), options));
      } catch (error) {
        // Dots so close that all nodes have one label.
        if (error instanceof InvalidInputError) return undefined;
        throw error;
      }
    };
    const seen: SeenCase = { ...one, ...numberedTruth(one), depth: depths(one.truth) };
    if (seen.ids.length < 2) return [];
    const row = (mask: Mask, variant: string, counts: HelpCounts): EvaluationRow =>
      rowOf(one, mask, { protocol: 'help', variant, seed, help: counts });
    const drawn = Object.entries(placements).map(([variant, place]) => ({
      variant,
      done: draw(seen, answer, place, randomFrom(`${one.name} ${variant} ${seed}`)),
    }));
    const planted = plant(one, answer, solver, randomFrom(`${one.name} planted ${seed}`));
    return [...drawn, { variant: 'planted', done: planted }].flatMap(({ variant, done }) =>
      done ? [row(done.mask, variant, done.counts)] : [],
    );
  },
};

interface SeenCase extends Case, NumberedTruth {
  /** Distances to other segments, pixels. */
  depth: Uint16Array;
}

type Answering = (raster: StrokeRaster) => Answer | undefined;

/** What an image's rows are made of. */
interface Done {
  mask: Mask;
  counts: HelpCounts;
}

/** The next stroke, by its label's place in the list of ids; undefined if none is wanted. */
type Placement = (seen: SeenCase, answer: Answer, labels: Int32Array, random: () => number) => Correction | undefined;

const placements: Record<string, Placement> = {
  suggested(seen, { nodes, seeds }) {
    const found = nextStroke(nodes, seeds.nodes);
    return found && dotAt(seen, pixelOf(seen, nodes, found.node));
  },
  random(seen, { nodes, seeds }, _, random) {
    const free = [...seeds.nodes.keys()].filter((node) => seeds.nodes[node] < 0);
    return dotAt(seen, pixelOf(seen, nodes, free[Math.floor(random() * free.length)]));
  },
  ideal({ truth: { width, height }, actual, ids }, _, labels, random) {
    return ideal.correct({ width, height, labels, actual }, ids.length, random);
  },
};

/** The pixel in the middle of a node. */
function pixelOf({ truth: { width, height } }: Case, { h, w }: Answer['nodes'], node: number): number {
  const x = node % w;
  const at = (place: number, size: number, of: number) => Math.floor(((place + 0.5) * of) / size);
  return at((node - x) / w, h, height) * width + at(x, w, width);
}

/** A dot with the label of a pixel, or of the nearest one that counts; within the segment. */
function dotAt({ actual, depth, truth: { width } }: SeenCase, pixel: number): Correction {
  const [x, y] = [pixel % width, Math.floor(pixel / width)];
  let nearest = pixel;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; actual[pixel] < 0 && i < actual.length; i++) {
    const distance = ((i % width) - x) ** 2 + (Math.floor(i / width) - y) ** 2;
    if (actual[i] < 0 || distance >= least) continue;
    [nearest, least] = [i, distance];
  }
  return {
    label: actual[nearest],
    points: [[nearest % width, Math.floor(nearest / width)]],
    radius: Math.max(0, Math.min(dot, depth[nearest] - 1)),
  };
}

/** Draws a dot in the middle of every segment, then stroke by stroke. @returns the last mask */
function draw(seen: SeenCase, answerTo: Answering, place: Placement, random: () => number): Done | undefined {
  const { ids, numbers, actual, depth } = seen;
  let raster = ids.reduce((drawn, id, number) => {
    let deepest = -1;
    for (let i = 0; i < actual.length; i++) {
      if (actual[i] === number && (deepest < 0 || depth[i] > depth[deepest])) deepest = i;
    }
    return withStroke(drawn, dotAt(seen, deepest), id);
  }, blank(seen));
  const curve: number[] = [];
  const expected: number[] = [];
  let answer = answerTo(raster);
  if (!answer) return undefined;
  let mask = answer.mask();
  for (;;) {
    const labels = numbered(mask, numbers);
    curve.push(round(mean(scores(labels, actual, ids.length))));
    expected.push(round(mean(expectedIous(answer.nodes))));
    if (curve.length > more) return { mask, counts: { curve, expected } };
    const stroke = place(seen, answer, labels, random);
    if (!stroke) continue;
    raster = withStroke(raster, stroke, ids[stroke.label]);
    answer = answerTo(raster) ?? answer;
    mask = answer.mask();
  }
}

/**
 * The robot's drawing, checked as it is and with one stroke more, drawn in a segment as the robot does but with the label of another
 * one. Undefined where the drawing labels fewer than two nodes.
 */
function plant(
  { truth, ignore, image, name }: Case,
  answerTo: Answering,
  solver: Solver,
  random: () => number,
): Done | undefined {
  const right = scribble(truth, ignore, name);
  const others = scribble(truth, ignore, `${name} more`);
  const ids = [...new Set(right.map(({ segment }) => segment))];
  if (ids.length < 2) return undefined;
  const answerOf = (strokes: Stroke[]) => answerTo(rasterise({ image, segments: [], strokes }));
  const clean = answerOf(right);
  if (!clean) return undefined;
  const alarms = suspectStrokes(solver, clean.seeds).length;
  const mask = clean.mask();
  let [found, mistaken, planted] = [0, 0, 0];
  for (let i = 0; i < plantings; i++) {
    const stroke = others[Math.floor(random() * others.length)];
    const wrong = ids.filter((id) => id !== stroke.segment);
    const answer = answerOf([...right, { ...stroke, segment: wrong[Math.floor(random() * wrong.length)] }]);
    if (!answer) continue;
    const suspects = suspectStrokes(solver, answer.seeds).map((suspect) => suspect.stroke);
    planted++;
    if (suspects.includes(right.length + 1)) found++;
    mistaken += suspects.filter((suspect) => suspect <= right.length).length;
  }
  return { mask, counts: { strokes: { right: right.length, alarms, planted, found, mistaken } } };
}
