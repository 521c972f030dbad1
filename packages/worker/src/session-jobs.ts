/** What is asked of a thread that holds images open, and what it answers. */

import type { NodeLabels } from '@saltworks/contract/documents/node-labels';
import type { SegmentOptions } from '@saltworks/contract/options';
import type { NodeAttribution } from '@saltworks/core/help/attribution';
import type { MadeMask, MaskNames } from './mask-file.ts';

/** Name under which a thread finds the bytes that its sessions may take. */
export const sessionBytes = 'saltworks: bytes of sessions';

/** What is asked of an image that is open. `scribbles` are the bytes of a document. */
export type SessionJob =
  | { kind: 'size' }
  | { kind: 'patch'; n: number; scribbles: Uint8Array }
  | { kind: 'pixel'; scribbles: Uint8Array; names: MaskNames }
  | { kind: 'attribute'; scribbles: Uint8Array; x: number; y: number };

/** Opens an image. */
export interface OpenJob {
  kind: 'open';
  /** Bytes of the image's and of the keys' file. */
  image: Uint8Array;
  keys: Uint8Array;
  options: SegmentOptions;
  maxPixels: number;
}

export interface SessionAnswers {
  open: { width: number; height: number };
  size: { width: number; height: number };
  /** n as it was asked; solve: milliseconds. */
  patch: { n: number; labels: NodeLabels; solve: number };
  pixel: MadeMask;
  /** Strokes by their place in the document, from 1. */
  attribute: NodeAttribution;
}
