/** An image and its facts, as the grid and the large view show them. */
import type { LegendEntry } from '../legend.tsx';
import type { MaskSource } from './picture.ts';

export interface Shown {
  name: string;
  thumbnail: string;
  /** As large as there is. */
  image: string;
  mask?: MaskSource;
  /** Who annotated it. */
  who?: string;
  /** How it stands, in a word or two. */
  state: string;
  classes: LegendEntry[];
  /** 0 … 1. */
  uncertainty: number | null;
  /** More to say of it, and where to go from it. */
  notes: string[];
  links: { name: string; href: string }[];
}
