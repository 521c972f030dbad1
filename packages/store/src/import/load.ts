/** Reads offered files. */
import type { ImageNames } from '../datasets/image-names.ts';
import { isSameSize, type KnownMask, otherSize, type Size, type SourceFile } from './offers.ts';

/** An image as its bytes show it. */
export interface Picture extends Size {
  /** Notes about parts that the import leaves out. */
  notes: string[];
  /** Bytes to store instead of the file's, and the ending of their name. */
  instead?: { bytes: Uint8Array; extension: string };
}

/** Looks at a file's bytes. Undefined if they are no image: a run finds that out later. */
export type Look = (bytes: Uint8Array) => Promise<Picture | undefined>;

/** A file with its bytes and its known mask. */
export interface Loaded {
  file: SourceFile;
  bytes: Uint8Array;
  /** The ending of the object's name, if the bytes are not the file's. */
  extension?: string;
  truth?: KnownMask;
  notes: string[];
}

/** A file that is unchanged, one that was read, or one that failed. */
export type Read = { file: SourceFile } | Loaded | { name: string; reason: string };

/** Reads a file, unless it is known in this version. */
export async function load(
  file: SourceFile,
  names: ImageNames,
  look: Look | undefined,
  signal: AbortSignal | undefined,
): Promise<Read> {
  if (names.knows(file)) return { file };
  try {
    const bytes = await file.read();
    const picture = await look?.(bytes);
    let truth = await file.truth?.(picture);
    if (truth?.png && picture) {
      const mask = await look?.(truth.png);
      if (mask && !isSameSize(mask, picture)) {
        truth = { notes: [...truth.notes, otherSize('its known mask has', mask, picture)] };
      }
    }
    const notes = [...(picture?.notes ?? []), ...(truth?.notes ?? [])];
    return { file, bytes, ...picture?.instead, truth, notes };
  } catch (error) {
    signal?.throwIfAborted();
    return { name: file.name, reason: (error as Error).message.replaceAll('\n', ' ') };
  }
}
