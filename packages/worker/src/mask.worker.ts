/** The threads that make masks (mask-threads.ts): bytes of files in, a mask and its document out. */
import { decodeImage, encodePng } from '@saltworks/backbone/decode';
import { answerJobs } from '@saltworks/backbone/thread';
import { decodeKeys } from '@saltworks/core/formats/keys';
import { type PanopticDocument, panopticDocument } from '@saltworks/core/formats/panoptic';
import { readScribbles } from '@saltworks/core/formats/scribble-file';
import { encodePanoptic } from '@saltworks/core/mask';
import type { SegmentOptions } from '@saltworks/core/options';
import { segment } from '@saltworks/core/segment';

export interface MaskJob {
  /** Bytes of the image's file. */
  image: Uint8Array;
  /** Bytes of the scribbles, which are what their extension says. */
  scribbles: Uint8Array;
  extension: '.json' | '.png';
  /** Bytes of the keys' file; without them the others are only looked at. */
  keys: Uint8Array | undefined;
  options: SegmentOptions;
  maxPixels: number;
  /** Of the image, and of the PNG to come. */
  names: { image: string; sha256: string; mask: string };
}

export interface MadeMask {
  png: Uint8Array;
  document: PanopticDocument;
}

answerJobs<MaskJob, MadeMask | undefined>(async (job) => {
  const image = await decodeImage(job.image, { maxPixels: job.maxPixels });
  const { raster, segments } = readScribbles(job.scribbles, job.extension, image);
  if (!job.keys) return { result: undefined };
  const result = segment(image, decodeKeys(job.keys).keys, raster, job.options);
  const { data, width, height } = encodePanoptic(result.mask);
  // A copy in a buffer that may move: libvips' own may not.
  const png = new Uint8Array(await encodePng(data, { width, height, channels: 3 }));
  return { result: { png, document: panopticDocument(result, segments, job.names) }, move: [png.buffer] };
});
