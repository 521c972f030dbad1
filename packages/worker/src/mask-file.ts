/** A mask as its files: in a thread, since it takes time. */
import { encodePng } from '@saltworks/backbone/image/decode';
import type { AttributeValues } from '@saltworks/contract/attributes';
import type { MaskDocument } from '@saltworks/contract/documents/masks';
import type { Segment, Stroke } from '@saltworks/contract/documents/scribbles';
import { panopticDocument, type Solved } from '@saltworks/core/formats/panoptic';
import { encodePanoptic } from '@saltworks/core/mask/mask';

/** Names in a mask's document: the image's name and hash, and the name of the PNG. */
export interface MaskNames {
  image: string;
  sha256: string;
  mask: string;
}

export interface MadeMask {
  /** Bytes of its file, in a buffer of their own. */
  png: Uint8Array;
  document: MaskDocument;
  /** Of several annotators together: mean share of weight that calls a node something else, 0 … 1. */
  dissent?: number;
}

export async function maskFile(
  segmentation: Solved,
  {
    segments,
    strokes,
    attributes,
  }: { segments: readonly Segment[]; strokes?: readonly Stroke[]; attributes?: AttributeValues },
  names: MaskNames,
): Promise<MadeMask> {
  const { data, width, height } = encodePanoptic(segmentation.mask);
  // A copy in a buffer that may move: libvips' own may not.
  const png = new Uint8Array(await encodePng(data, { width, height, channels: 3 }));
  return { png, document: panopticDocument(segmentation, segments, names, { strokes, attributes }) };
}
