/** Labels of another tool beside pictures, whatever the format. */
import type { Category } from '@saltworks/contract/categories';
import type { ReadLabels } from '@saltworks/core/formats/paint';
import type { Remark, Size } from '../offers.ts';

/** The labels of one picture. */
export interface PictureLabels {
  /** Changes when they may have changed. */
  version: string;
  /** The size that they were drawn for, if they tell. */
  said?: Size;
  /** @throws InvalidInputError if they cannot be read */
  read(size: Size): Promise<ReadLabels>;
}

/** A folder's labels, opened. */
export interface Labels {
  /** The categories of all of them. */
  categories: Category[];
  /** Whether a file holds labels and is no picture, though its name may look like one. */
  isLabels(name: string): boolean;
  /** @param name of a picture below the root; undefined if it has none */
  of(name: string): Promise<PictureLabels | undefined>;
  /** Labels whose pictures are not there, and other remarks: asked after all pictures. */
  remarks(): Remark[];
}

/** What a format opens: a root, and the names of all files below it. */
export interface LabelFolder {
  root: string;
  /** Joined by `/`, sorted; hidden ones are left out. */
  names: readonly string[];
  /** The document, where one file holds all labels; it need not lie below the root. */
  document?: string;
}

export type OpenLabels = (folder: LabelFolder) => Promise<Labels>;
