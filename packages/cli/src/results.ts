/** The files of a segmented image: mask, document, overlay, node labels (spec/mask.md). */
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { encodePng } from '@saltworks/backbone/image/decode';
import type { Category } from '@saltworks/contract/categories';
import { InvalidInputError } from '@saltworks/contract/errors';
import { panopticDocument } from '@saltworks/core/formats/panoptic';
import type { RgbImage } from '@saltworks/core/image/image';
import { encodePanoptic } from '@saltworks/core/mask/mask';
import { argmax, type NodeScores } from '@saltworks/core/nodes/scores';
import { namedColours } from '@saltworks/core/screen/colours';
import { overlayMask } from '@saltworks/core/screen/overlay';
import { version } from '@saltworks/telemetry/version';
import { writeWhole } from './files.ts';
import type { ImageInput, ImageResult, ImageTask, SegmenterOptions } from './segmenter.ts';

export interface ResultOptions extends SegmenterOptions {
  preset: string;
  out: string;
  /** Also writes the labels of the node grid. */
  patch: boolean;
  /** Categories with pinned numbers. */
  categories: Category[];
}

export interface ImageReport {
  image: string;
  name: string;
  status: 'done';
  panoptic: string;
  document: string;
  overlay: string;
  patch?: string;
  /** The number of segments that have pixels, without the background. */
  segments: number;
  warnings: string[];
  /** Of `findSuspects`, by number from 1: the segment that each is of, and the one that the others see there. */
  suspects: { stroke: number; segment: number; other: number }[];
  /** Milliseconds per stage. */
  timings: Record<string, number>;
}

/** Writes an image's files, the document last, so that a document implies the others. */
export async function writeResults(
  task: ImageTask,
  { bytes, image, segments }: ImageInput,
  result: ImageResult,
  options: ResultOptions,
): Promise<ImageReport> {
  const start = performance.now();
  const { mask, nodes, layer } = result;
  const path = (kind: string) => join(options.out, `${task.name}.${kind}`);
  await writePicture(path('panoptic.png'), encodePanoptic(mask));
  await writePicture(path('overlay.png'), overlayMask(image, mask, namedColours(segments)));
  const values = options.patch ? patchValues(nodes.labels) : undefined;
  if (values) await writePatch(path('patch.png'), nodes, values);

  const names = {
    image: basename(task.image),
    sha256: createHash('sha256').update(bytes).digest('hex'),
    mask: `${task.name}.panoptic.png`,
  };
  const described = panopticDocument(result, segments, names, { known: options.categories });
  described.warnings.unshift(...image.notes);
  const timings = inMilliseconds({ ...result.timings, write: performance.now() - start });
  const { spec, longSide, facet, upsample } = options;
  const document = {
    ...described,
    ...(values && {
      patch: { file_name: `${task.name}.patch.png`, labels: nodes.labels.map((id, i) => ({ value: values[i], id })) },
    }),
    parameters: {
      preset: options.preset,
      backbone: spec.id,
      layer,
      facet,
      long_side: longSide,
      ...options.solve,
      upsample,
      ...(image.window && { window: [image.window.low, image.window.high] }),
    },
    timings,
    versions: { saltworks: version, node: process.versions.node, backbone_sha256: spec.sha256 },
  };
  await writeWhole(path('panoptic.json'), `${JSON.stringify(document, null, 1)}\n`);
  return {
    image: task.image,
    name: task.name,
    status: 'done',
    panoptic: path('panoptic.png'),
    document: path('panoptic.json'),
    overlay: path('overlay.png'),
    ...(values && { patch: path('patch.png') }),
    segments: described.segments_info.length,
    warnings: described.warnings,
    suspects: result.suspects.map(({ odds: _, ...suspect }) => suspect),
    timings,
  };
}

async function writePicture(path: string, { data, width, height }: RgbImage): Promise<void> {
  await writeWhole(path, await encodePng(data, { width, height, channels: 3 }));
}

async function writePatch(path: string, { data, h, w, labels }: NodeScores, values: readonly number[]): Promise<void> {
  const pixels = Uint8Array.from(argmax(data, labels.length), (label) => values[label]);
  await writeWhole(path, await encodePng(pixels, { width: w, height: h, channels: 1 }));
}

/** 8-bit values for labels: segment ids if all fit, otherwise their ranks; the background stays 0. */
function patchValues(labels: readonly number[]): number[] {
  if (labels.every((id) => id < 256)) return [...labels];
  const shift = labels[0] === 0 ? 0 : 1;
  if (labels.length + shift > 256) {
    throw new InvalidInputError(`${labels.length} labels; expected at most 255 with --patch`);
  }
  return labels.map((_, i) => i + shift);
}

function inMilliseconds(stages: Record<string, number>): Record<string, number> {
  const total = Object.values(stages).reduce((sum, ms) => sum + ms, 0);
  return Object.fromEntries(
    Object.entries({ ...stages, total }).map(([stage, ms]) => [stage, Math.round(ms * 10) / 10]),
  );
}
