/** Categories: the kinds of things that segments are. */

/** Of a COCO document, numbered from 1. */
export interface Category {
  id: number;
  name: string;
  isthing: 0 | 1;
}

/** A category of a campaign's label schema. */
export interface LabelCategory {
  /** From 1. */
  id: number;
  name: string;
  /** #rrggbb. */
  colour: string;
  isthing: boolean;
}
