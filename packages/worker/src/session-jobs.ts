/** Jobs of threads that hold images open, and their answers. */

import type { NodeLabels } from '@saltworks/contract/documents/node-labels';
import type { SegmentOptions } from '@saltworks/contract/options';
import type { NodeAttribution } from '@saltworks/core/help/attribution';
import type { MadeMask, MaskNames } from './mask-file.ts';

/** Names the limit on the bytes of a thread's sessions. */
export const sessionBytes = 'saltworks: bytes of sessions';

/** Jobs on an open image. `scribbles` are the bytes of a document. */
export type SessionJob =
  | { kind: 'size' }
  | { kind: 'labels'; n: number; scribbles: Uint8Array }
  | { kind: 'mask'; scribbles: Uint8Array; names: MaskNames }
  | { kind: 'attribute'; scribbles: Uint8Array; x: number; y: number };

/** Opens an image. */
export interface OpenJob {
  kind: 'open';
  /** Bytes of the image's and of the keys' file. */
  image: Uint8Array;
  keys: Uint8Array;
  options: SegmentOptions;
  /** Bytes of the corpus' prior, where the options name one. */
  prior?: Uint8Array;
  maxPixels: number;
}

export interface SessionAnswers {
  open: { width: number; height: number };
  size: { width: number; height: number };
  /** n of the job; solve: milliseconds. */
  labels: { n: number; labels: NodeLabels; solve: number };
  mask: MadeMask;
  /** Strokes by their place in the document, from 1. */
  attribute: NodeAttribution;
}
