/** Runs images and scribbles through the whole pipeline, one after the other. */
import { type DecodedImage, decodeImage } from '@saltworks/backbone/image/decode';
import type { BackboneSpec } from '@saltworks/backbone/registry/entries';
import { type KeySession, openSession, sizeNotice } from '@saltworks/backbone/session/session';
import type { Segment } from '@saltworks/contract/documents/scribbles';
import { InvalidInputError } from '@saltworks/contract/errors';
import type { SegmentOptions } from '@saltworks/contract/options';
import { roundToHalf } from '@saltworks/core/formats/keys';
import { readScribbles } from '@saltworks/core/formats/scribble-file';
import { type CheckedStroke, suspectStrokes } from '@saltworks/core/help/suspects';
import { type ValueWindow, workingSize } from '@saltworks/core/image/image';
import { checkSize } from '@saltworks/core/nodes/matrix';
import type { StrokeRaster } from '@saltworks/core/seeds/seeds';
import { openReused, type Segmentation, segment } from '@saltworks/core/segment';
import type { Solver } from '@saltworks/core/solver';
import { readInput } from './files.ts';
import { interruption } from './interrupt.ts';

export interface ImageTask {
  image: string;
  /** The stem of the results: NAME.panoptic.png and so on. */
  name: string;
  /** Path of the scribbles, if found. */
  scribbles?: string;
}

export interface SegmenterOptions {
  spec: BackboneSpec;
  layer?: number;
  facet: 'key' | 'query' | 'value';
  longSide: number | 'native';
  upsample: 'linear' | 'overlap' | 'stride' | 'none';
  solve: SegmentOptions;
  maxPixels: number;
  /** The window of images with more than 8 bits; default each image's own range. */
  window?: ValueWindow;
  /** Whether to look for strokes that the others contradict. Without a walk that takes a solve for every stroke. */
  findSuspects: boolean;
}

/** One image's decoded inputs. */
export interface ImageInput {
  bytes: Uint8Array;
  image: DecodedImage;
  raster: StrokeRaster;
  segments: Segment[];
}

export interface ImageResult extends Segmentation {
  /** The backbone's layer of the keys. */
  layer: number;
  /** Strokes that the others contradict, the worst first; none unless they are looked for. */
  suspects: CheckedStroke[];
  timings: Segmentation['timings'] & { decode: number; keys: number };
}

export type Outcome = { task: ImageTask } & ({ input: ImageInput; result: ImageResult } | { error: Error });

/**
 * Yields each image's result or failure. A bad image does not stop the others; Ctrl-C does.
 *
 * @param onStage called as each image enters a stage
 * @param onNotice called with what people should know of the backbone, once
 * @throws InvalidInputError if the backbone cannot be opened, which would stop them all
 */
export async function* segmentImages(
  tasks: readonly ImageTask[],
  options: SegmenterOptions,
  onStage: (task: ImageTask, stage: string) => void,
  onNotice: (line: string) => void,
): AsyncGenerator<Outcome> {
  // Loading a network takes a second: refuse unusable inputs first.
  let session: KeySession | undefined;
  try {
    for (const task of tasks) {
      interruption.throwIfAborted();
      onStage(task, 'decode');
      const read = await attempt(() => timed(() => readImage(task, options)));
      if ('error' in read) {
        yield { task, ...read };
        continue;
      }
      onStage(task, 'keys');
      if (!session) {
        session = await openSession(options.spec, options);
        const notice = sizeNotice(session.facts);
        if (notice) onNotice(`${options.spec.id} ${notice}`);
      }
      const { value: input, ms: decode } = read.value;
      const solved = await attempt(() => solve(session as KeySession, input, options, () => onStage(task, 'solve')));
      if ('error' in solved) yield { task, ...solved };
      else yield { task, input, result: { ...solved.value, timings: { decode, ...solved.value.timings } } };
    }
  } finally {
    await session?.close();
  }
}

async function solve(
  session: KeySession,
  { image, raster }: ImageInput,
  options: SegmenterOptions,
  onSolve: () => void,
) {
  const { longSide, upsample } = options;
  const { value, ms } = await timed(() =>
    session.extract(image, {
      ...{ longSide, signal: interruption },
      doubling: upsample === 'overlap' || upsample === 'stride' ? upsample : undefined,
    }),
  );
  onSolve();
  let solver: Solver | undefined;
  const result = segment(image, roundToHalf(value), raster, options.solve, (...given) => {
    solver = openReused(...given);
    return solver;
  });
  const suspects = options.findSuspects && solver ? suspectStrokes(solver, result.seeds) : [];
  return { ...result, suspects, layer: session.facts.layer, timings: { keys: ms, ...result.timings } };
}

async function readImage(
  task: ImageTask,
  { spec, longSide, upsample, maxPixels, window, solve: { graph } }: SegmenterOptions,
): Promise<ImageInput> {
  const bytes = await readInput(task.image);
  const image = await decodeImage(bytes, { maxPixels, window });
  // Refuse a grid too fine for the graph before computing keys.
  const { width, height } = workingSize(image.width, image.height, spec.patch, longSide);
  if (graph !== 'walk') checkSize(((width * height) / spec.patch ** 2) * (upsample === 'none' ? 1 : 4));
  return { bytes, image, ...(await scribblesFor(task, image)) };
}

async function scribblesFor({ name, scribbles }: ImageTask, image: DecodedImage) {
  if (!scribbles) throw new InvalidInputError(`no scribbles; expected ${name}.json or ${name}.png in the folder`);
  const bytes = await readInput(scribbles);
  try {
    return readScribbles(bytes, scribbles.toLowerCase().endsWith('.png') ? '.png' : '.json', image);
  } catch (error) {
    if (error instanceof InvalidInputError) error.message = `${scribbles}: ${error.message}`;
    throw error;
  }
}

async function attempt<T>(work: () => Promise<T>): Promise<{ value: T } | { error: Error }> {
  try {
    return { value: await work() };
  } catch (error) {
    interruption.throwIfAborted();
    return { error: error as Error };
  }
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const start = performance.now();
  const value = await work();
  return { value, ms: performance.now() - start };
}
