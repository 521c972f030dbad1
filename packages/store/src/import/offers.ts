/** Offers of a source: files that may become images, and remarks about other files. */
import type { Category } from '@saltworks/contract/categories';
import type { TruthSegment } from '@saltworks/contract/documents/truth';
import type { LeftReason } from './picture-names.ts';

export type Offer = SourceFile | Remark;

/** One file that may become an image of a dataset. */
export interface SourceFile {
  /** Path below the source's root, joined by `/`. */
  name: string;
  /** Changes when the content may have changed. */
  version: string;
  read(): Promise<Uint8Array>;
  /** Where the file is on this machine. */
  path?: string;
  /** Where the bytes stay reachable without a copy, as an `s3://` URL. */
  url?: string;
  /** Its known mask. @param image size of the upright image, if its bytes tell it */
  truth?(image: Size | undefined): Promise<KnownMask>;
}

/** A file that was skipped, or a note about one. */
export type Remark = { name: string } & ({ left: LeftReason } | { note: string });

/** Pixels. */
export interface Size {
  width: number;
  height: number;
}

/** A known panoptic mask: PNG bytes, its segments_info, the categories that those name by id, and where the image comes from. Or notes why there is none. */
export type KnownMask = { notes: string[] } & (
  | { png: Uint8Array; segments: TruthSegment[]; categories: Category[]; source?: string }
  | { png?: undefined }
);

export const isSameSize = (a: Size, b: Size): boolean => a.width === b.width && a.height === b.height;

/** The size that a document states, unchecked; undefined if it states none. */
export function statedSize({ width, height }: { width?: unknown; height?: unknown }): Size | undefined {
  const size = { width: Number(width), height: Number(height) };
  return size.width > 0 && size.height > 0 ? size : undefined;
}

/** The note that a mask of one size is not taken for an image of another. */
export const otherSize = (says: string, mask: Size, image: Size): string =>
  `${says} ${mask.width} × ${mask.height} pixels, the file ${image.width} × ${image.height}; the mask is not taken`;
