/** An image and its facts, as the grid and the large view show them. */
import type { LegendEntry } from '../legend.tsx';
import type { MaskSource } from './picture.ts';

/** @property box left, top, right and bottom in pixels of an image of this size, right and bottom not included */
export interface Marked {
  width: number;
  height: number;
  box: readonly [number, number, number, number];
}

export interface Shown {
  name: string;
  thumbnail: string;
  /** Address of the image at its full size. */
  image: string;
  mask?: MaskSource;
  /** Its annotators. */
  who?: string;
  /** Its state, in a word or two. */
  state: string;
  classes: LegendEntry[];
  /** 0 … 1. */
  uncertainty: number | null;
  /** What people call it, beside its name. */
  tags?: readonly string[];
  /** Further facts, and links. */
  notes: string[];
  links: { name: string; href: string }[];
  /** A place in it that is outlined. */
  mark?: Marked;
  /** Shown below the enlarged image, which it is made for. */
  more?(): React.ReactNode;
}
