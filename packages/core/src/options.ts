/** The settings of a solve: the presets that name them, and how a preset, a backbone and changes make them up. */
import { InvalidInputError } from '@saltworks/contract/errors';
import { graphKinds, refineKinds, strokeKinds, unaryKinds, upsampleKinds } from '@saltworks/contract/kinds';
import type { Preset, SegmentOptions } from '@saltworks/contract/options';

const shared = {
  sigma: 'auto',
  sigmaFactor: 0.15,
  tau: 0.8,
  neighbors: 7,
  colorWeight: 0,
  upsample: 'linear',
  alpha: 0.2,
  tol: 1e-3,
  maxIter: 30,
  refine: 'crf',
  hidden: 0.2,
  seed: 0,
} as const;

/**
 * `paper` is the seed method to the letter: the CRF sees hard labels, a fifth of them hidden, with pydensecrf's usual
 * weights. `best` differs from it where a gain was measured (docs/quality.md).
 */
export const presets: Record<Preset, SegmentOptions> = {
  paper: {
    ...shared,
    graph: 'rbf',
    strokes: 'tolerate',
    unary: 'hard',
    colourLikelihood: 0,
    crf: { gaussian: { xy: 3, weight: 3 }, bilateral: { xy: 80, rgb: 13, weight: 10 }, steps: 5 },
  },
  best: {
    ...shared,
    graph: 'walk',
    strokes: 'hold',
    unary: 'soft',
    colourLikelihood: 0.2,
    crf: { gaussian: { xy: 2, weight: 1 }, bilateral: { xy: 20, rgb: 6, weight: 3 }, steps: 5, scale: 0.5 },
    guided: { radius: 8, epsilon: 1e-3 },
    majority: 2,
    leastPart: 0.005,
  },
};

const kinds = {
  graph: graphKinds,
  upsample: upsampleKinds,
  refine: refineKinds,
  unary: unaryKinds,
  strokes: strokeKinds,
} as const;

/**
 * All settings of a solve. Commands, workers and pages take them from here, so that they solve alike.
 *
 * @param backbone its `sigma` is the factor of `auto`
 * @param changes override the preset; undefined ones do not
 * @throws InvalidInputError for an unknown preset or choice, or a corpus that the graph does not hear
 */
export function solveOptions(
  preset: Preset,
  { sigma: sigmaFactor }: { sigma: number },
  changes: Partial<SegmentOptions> = {},
): SegmentOptions {
  if (!Object.hasOwn(presets, preset)) {
    throw new InvalidInputError(`preset ${preset}; expected one of ${Object.keys(presets).join(', ')}`);
  }
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  const options: SegmentOptions = { ...presets[preset], sigmaFactor, ...given };
  for (const [name, known] of Object.entries(kinds)) {
    const value = options[name as keyof typeof kinds];
    if (!(known as readonly string[]).includes(value)) {
      throw new InvalidInputError(`${name} ${value}; expected one of ${known.join(', ')}`);
    }
  }
  if (options.corpus !== undefined && options.graph !== 'walk') {
    throw new InvalidInputError(
      `the corpus with the graph ${options.graph}; expected walk, which hears it (preset best)`,
    );
  }
  return options;
}
