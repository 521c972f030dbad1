/** One image after another through the whole pipeline: files in, files out. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { decodeImage, encodePng } from '@saltworks/backbone/decode';
import { BackboneMissingError, type BackboneSpec, resolveBackbone } from '@saltworks/backbone/registry';
import { type KeySession, openSession } from '@saltworks/backbone/session';
import { InvalidInputError } from '@saltworks/core/errors';
import { roundToHalf } from '@saltworks/core/formats/keys';
import { parseScribblePng } from '@saltworks/core/formats/scribble-png';
import { parseScribbles, type Segment } from '@saltworks/core/formats/scribbles';
import { type RgbImage, workingSize } from '@saltworks/core/image';
import { categoriesOf, encodePanoptic, segmentsInfo } from '@saltworks/core/mask';
import { checkSize } from '@saltworks/core/matrix';
import { colours, overlayMask } from '@saltworks/core/overlay';
import { drawnLabels, rasterise, type StrokeRaster } from '@saltworks/core/seeds';
import { type Segmentation, type SegmentOptions, segment } from '@saltworks/core/segment';
import { argmax } from '@saltworks/core/spread';
import { pull } from './commands/backbone.ts';
import { readInput, writeWhole } from './files.ts';
import type { Progress } from './progress.ts';
import type { Settings } from './settings.ts';

export interface ImageTask {
  image: string;
  /** Results are NAME.panoptic.png and so on. */
  name: string;
  /** Path of the scribbles, if there are any. */
  scribbles?: string;
}

export interface ImageReport {
  image: string;
  name: string;
  status: 'done';
  panoptic: string;
  overlay: string;
  patch?: string;
  segments: number;
  warnings: string[];
  /** Milliseconds. */
  timings: Record<Stage | 'total', number>;
}

type Stage = 'decode' | 'keys' | keyof Segmentation['timings'] | 'write';

export interface SegmenterOptions {
  backbone: string;
  layer?: number;
  facet: 'key' | 'query' | 'value';
  longSide?: number | 'native';
  upsample: 'linear' | 'overlap' | 'none';
  preset: string;
  options: SegmentOptions;
  out: string;
  patch: boolean;
  settings: Settings;
  line: Progress;
}

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));

/** @throws InvalidInputError if there is no such backbone */
export async function openSegmenter(given: SegmenterOptions) {
  const { settings, out, patch } = given;
  const spec = await findBackbone(given);
  const options = { ...given.options, sigmaFactor: spec.sigma };
  // Loading a network takes a second: inputs that cannot be used are refused without it.
  let session: Promise<KeySession> | undefined;
  const open = () => {
    session ??= openSession(spec, { layer: given.layer, facet: given.facet });
    return session;
  };

  /** A grid too fine for the graph is refused before its keys are computed. */
  function checkNodes({ width, height }: RgbImage): void {
    const size = workingSize(width, height, spec.patch, given.longSide ?? spec.longSide);
    checkSize(((size.width * size.height) / spec.patch ** 2) * (given.upsample === 'none' ? 1 : 4));
  }

  async function segmentImage(task: ImageTask, onStage: (stage: Stage) => void): Promise<ImageReport> {
    const clock = stopwatch(onStage);
    clock.start('decode');
    const bytes = await readInput(task.image);
    const image = await decodeImage(bytes, { maxPixels: settings.maxPixels });
    const { raster, segments } = await readScribbles(task, image);
    checkNodes(image);

    clock.start('keys');
    const { facts, extract } = await open();
    const overlap = given.upsample === 'overlap';
    const keys = roundToHalf(await extract(image, { longSide: given.longSide, overlap }));

    clock.start('graph');
    const result = segment(image, keys, raster, options);
    clock.add(result.timings);

    clock.start('write');
    const name = (kind: string) => join(out, `${task.name}.${kind}`);
    const { mask, nodes, seeds } = result;
    const { width, height } = image;
    const panoptic = encodePanoptic(mask);
    const overlay = overlayMask(image, mask, colours(nodes.labels));
    await writeWhole(name('panoptic.png'), await encodePng(panoptic.data, { width, height, channels: 3 }));
    await writeWhole(name('overlay.png'), await encodePng(overlay.data, { width, height, channels: 3 }));
    const values = patch ? patchValues(nodes.labels) : undefined;
    if (values) {
      const pixels = Uint8Array.from(argmax(nodes.data, nodes.labels.length), (label) => values[label]);
      await writeWhole(name('patch.png'), await encodePng(pixels, { width: nodes.w, height: nodes.h, channels: 1 }));
    }

    const categories = categoriesOf(segments);
    const info = segmentsInfo(mask, segments, categories);
    const warnings = seeds.unseeded.map(
      (id) =>
        `segment ${id} has no node of its own on the ${nodes.h} × ${nodes.w} grid and is missing; expected larger strokes, or a larger --long-side`,
    );
    const timings = clock.stop();
    const document = {
      version: 1,
      image: {
        file_name: basename(task.image),
        width,
        height,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      },
      file_name: `${task.name}.panoptic.png`,
      segments_info: info,
      categories,
      ...(values && {
        patch: { file_name: `${task.name}.patch.png`, labels: nodes.labels.map((id, i) => ({ value: values[i], id })) },
      }),
      nodes: {
        height: nodes.h,
        width: nodes.w,
        sigma: result.sigma,
        iterations: nodes.iterations,
        converged: nodes.converged,
      },
      warnings,
      parameters: {
        preset: given.preset,
        backbone: spec.id,
        layer: facts.layer,
        facet: facts.facet,
        long_side: given.longSide ?? spec.longSide,
        ...options,
        upsample: given.upsample,
      },
      timings,
      versions: { saltworks: version, node: process.versions.node, backbone_sha256: spec.sha256 },
    };
    await writeWhole(name('panoptic.json'), `${JSON.stringify(document, null, 1)}\n`);
    return {
      image: task.image,
      name: task.name,
      status: 'done',
      panoptic: name('panoptic.png'),
      overlay: name('overlay.png'),
      ...(patch && { patch: name('patch.png') }),
      segments: info.length,
      warnings,
      timings,
    };
  }

  return {
    segment: segmentImage,
    async close() {
      await (await session?.catch(() => undefined))?.close();
    },
  };
}

async function findBackbone({ backbone, settings, line }: SegmenterOptions): Promise<BackboneSpec> {
  try {
    return await resolveBackbone(backbone, { home: settings.home });
  } catch (error) {
    if (!(error instanceof BackboneMissingError)) throw error;
    await pull(backbone, settings.home, line);
    return resolveBackbone(backbone, { home: settings.home });
  }
}

async function readScribbles(
  { name, scribbles }: ImageTask,
  image: RgbImage,
): Promise<{ raster: StrokeRaster; segments: Segment[] }> {
  if (!scribbles) throw new InvalidInputError(`no scribbles; expected ${name}.json or ${name}.png in the folder`);
  const bytes = await readInput(scribbles);
  try {
    const { raster, segments } = scribbles.toLowerCase().endsWith('.png')
      ? parseScribblePng(bytes, image)
      : fromDocument(bytes, image);
    drawnLabels(raster);
    return { raster, segments };
  } catch (error) {
    if (error instanceof InvalidInputError) error.message = `${scribbles}: ${error.message}`;
    throw error;
  }
}

function fromDocument(bytes: Uint8Array, { width, height }: RgbImage) {
  const scribbles = parseScribbles(new TextDecoder().decode(bytes));
  const { image, segments } = scribbles;
  if (image.width !== width || image.height !== height) {
    throw new InvalidInputError(
      `scribbles for ${image.width} × ${image.height} pixels; expected the image's ${width} × ${height}`,
    );
  }
  return { raster: rasterise(scribbles), segments };
}

/** 8-bit values for labels: the segment ids where all fit, otherwise their ranks, the background staying 0. */
function patchValues(labels: readonly number[]): number[] {
  if (labels.every((id) => id < 256)) return [...labels];
  const shift = labels[0] === 0 ? 0 : 1;
  if (labels.length + shift > 256)
    throw new InvalidInputError(`${labels.length} labels; expected at most 255 with --patch`);
  return labels.map((_, i) => i + shift);
}

/** Time per stage: a stage lasts until the next one starts. */
function stopwatch(onStage: (stage: Stage) => void) {
  const timings: Partial<Record<Stage, number>> = {};
  const began = performance.now();
  let stage: Stage | undefined;
  let since = began;
  const lap = () => {
    const now = performance.now();
    if (stage && timings[stage] === undefined) timings[stage] = now - since;
    since = now;
  };
  return {
    start(next: Stage) {
      lap();
      stage = next;
      onStage(next);
    },
    /** Stages that were measured elsewhere, inside the current one. */
    add(measured: Partial<Record<Stage, number>>) {
      Object.assign(timings, measured);
    },
    stop(): ImageReport['timings'] {
      lap();
      const all = { ...timings, total: performance.now() - began } as ImageReport['timings'];
      return Object.fromEntries(Object.entries(all).map(([k, ms]) => [k, Math.round(ms * 10) / 10])) as typeof all;
    },
  };
}
