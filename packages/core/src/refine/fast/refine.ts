/** From nodes to pixels in an arena: the twin of refine/refine.ts. The parts that depend on the image alone are kept. */

import { unknownKind } from '@saltworks/contract/errors';
import { refineKinds, unaryKinds } from '@saltworks/contract/kinds';
import type { RefineOptions } from '@saltworks/contract/options';
import type { Address, Arena } from '../../arena/arena.ts';
import { type RgbImage, resizeBicubic } from '../../image/image.ts';
import type { Mask } from '../../mask/mask.ts';
import { argmax, type NodeScores } from '../../nodes/scores.ts';
import { hideNodes, labelConfidence, leastScore } from '../crf.ts';
import { type HeldPixels, heldLabels, refineAround } from '../held.ts';
import { crfScale } from '../refine.ts';
import { manyLabels, startMeanField } from './crf.ts';
import { type ColourWindows, colourWindows, guidedRows, type Sized } from './guided-filter.ts';
import { buildPairwise, type Pairwise } from './lattice.ts';
import { inBlocks, linearRows, nearest, type Rows, softRows } from './pixels.ts';
import { placeTiles } from './tiles.ts';

export interface FastRefineOptions extends RefineOptions {
  /** The largest share of the image's sides at which the CRF runs, whatever its settings say. */
  scale?: number;
}

export interface Refiner {
  /** Gives every pixel of the image to one of the scores' labels. @param held pixels with a given owner */
  refine(scores: NodeScores, held?: HeldPixels): Mask;
}

/**
 * The first `refine` builds the lattices; later ones rebuild them only if their number of labels needs another size.
 *
 * @param arena `refine` releases all that is reserved after this call
 */
export function openRefiner(arena: Arena, image: RgbImage, options: FastRefineOptions): Refiner {
  const { width, height } = image;
  const full: Sized = { ...image, pixels: arena.put(image.data) };
  const opened = arena.mark();
  let warm: Warm | undefined;
  const onCrf = (scores: NodeScores, held?: HeldPixels): Mask => {
    const c = scores.labels.length;
    const scale = Math.min(options.scale ?? 1, options.crf.scale ?? 1, crfScale(width * height, c, options));
    if (warm?.scale !== scale) {
      arena.release(opened);
      warm = warmUp(arena, full, scale, options);
    }
    arena.release(warm.end);
    const { sized, pairwise } = warm;
    if (c >= manyLabels && !pairwise.tiles) {
      pairwise.tiles = placeTiles(arena, pairwise);
      warm.end = arena.mark();
    }
    const field = startMeanField(arena, pairwise, unary(arena, sized, scores, options, held), c);
    field.run(options.crf.steps);
    const { at, stride, given } = field.rows();
    const q = { data: at, h: sized.height, w: sized.width, c: stride };
    if (!warm.windows) return owners(arena, linearRows(arena, q, height, width), full, stride, given, scores.labels);
    const rows = guidedRows(arena, warm.windows, q, given, full);
    return owners(arena, rows, full, given, given, scores.labels);
  };
  const toOwners = (scores: NodeScores, held?: HeldPixels): Mask => {
    switch (options.refine) {
      case 'none':
        arena.release(opened);
        return fromNodes(arena, full, scores, options, held);
      case 'crf':
        return onCrf(scores, held);
      default:
        return unknownKind('refine', options.refine, refineKinds);
    }
  };
  return {
    refine: (nodes, held) => refineAround(nodes, held, image, options, (scores) => toOwners(scores, held)),
  };
}

interface Warm {
  scale: number;
  sized: Sized;
  pairwise: Pairwise;
  windows?: ColourWindows;
  /** The start of a single call's memory. */
  end: Address;
}

function warmUp(
  arena: Arena,
  full: Sized,
  scale: number,
  { crf: { gaussian, bilateral }, guided }: FastRefineOptions,
): Warm {
  const side = (length: number) => Math.max(1, Math.round(length * scale));
  const image = resizeBicubic(full, side(full.width), side(full.height));
  const sized = image === full ? full : { ...image, pixels: arena.put(image.data) };
  const pairwise = buildPairwise(arena, sized, {
    gaussian: { ...gaussian, xy: gaussian.xy * scale },
    bilateral: { ...bilateral, xy: bilateral.xy * scale },
  });
  const windows = guided && colourWindows(arena, sized, guided, sized.width / full.width);
  return { scale, sized, pairwise, windows, end: arena.mark() };
}

/** Energies `[n, c]`. */
function unary(
  arena: Arena,
  image: Sized,
  scores: NodeScores,
  options: FastRefineOptions,
  held: HeldPixels | undefined,
): Address {
  const { width, height } = image;
  const { data, h, w, labels } = scores;
  const n = width * height;
  const c = labels.length;
  const out = arena.reserve(4 * n * c);
  const { kernels } = arena;
  switch (options.unary) {
    case 'hard': {
      const { hidden, seed } = options;
      const nodes = nearest(arena, hideNodes(argmax(data, c), hidden, seed), h, w, height, width);
      const [own, other] = [labelConfidence, (1 - labelConfidence) / (c - 1)];
      kernels.hardEnergies(nodes, n, c, -Math.log(own), -Math.log(other), Math.log(c), out);
      return out;
    }
    case 'soft':
      pixelRows(arena, image, scores, options, held)(0, height, out);
      kernels.scoreEnergies(out, n * c, leastScore);
      return out;
    default:
      return unknownKind('unary', options.unary, unaryKinds);
  }
}

/** Pixel scores: interpolated, certain at held pixels, weighed by colour. */
function pixelRows(
  arena: Arena,
  { pixels, ...image }: Sized,
  scores: NodeScores,
  { colourLikelihood }: FastRefineOptions,
  held: HeldPixels | undefined,
): Rows {
  const given = held && heldLabels(held, scores.labels, image.height, image.width);
  return softRows(arena, image, pixels, scores, colourLikelihood, given);
}

function fromNodes(
  arena: Arena,
  image: Sized,
  scores: NodeScores,
  options: FastRefineOptions,
  held: HeldPixels | undefined,
): Mask {
  const { width, height } = image;
  const { data, h, w, labels } = scores;
  const c = labels.length;
  switch (options.unary) {
    case 'hard': {
      const nodes = argmax(data, c).map((label) => labels[label]);
      const ids = nearest(arena, nodes, h, w, height, width);
      return { ids: new Uint32Array(arena.integers(ids, width * height)), width, height };
    }
    case 'soft':
      return owners(arena, pixelRows(arena, image, scores, options, held), image, c, c, labels);
    default:
      return unknownKind('unary', options.unary, unaryKinds);
  }
}

/**
 * Gives each pixel to its best label.
 *
 * @param rows pixel scores in rows of `stride`, of which the first `given` belong to labels; one label more has the rest to 1
 */
function owners(
  arena: Arena,
  rows: Rows,
  { width, height }: RgbImage,
  stride: number,
  given: number,
  labels: readonly number[],
): Mask {
  const ids = arena.put(Int32Array.from(labels));
  const out = arena.reserve(4 * width * height);
  inBlocks(arena, rows, { width, height, c: stride }, (at, y0, y1) => {
    const rest = given < labels.length ? 1 : 0;
    arena.kernels.bestLabels(at, (y1 - y0) * width, stride, given, rest, ids, out + 4 * y0 * width);
  });
  return { ids: new Uint32Array(arena.integers(out, width * height)), width, height };
}
