/** The scene that the board paints: everything on the canvas except the photograph and the stroke under the pen. */
import type { Drawing } from '@saltworks/contract/api/interactions';
import type { Rgb } from '@saltworks/core/screen/colours';
import type { Labels } from '../labels.ts';
import type { Point } from './view.ts';

/** `exact` draws these very pixels, `rub` gives them to the background, `polygon` encloses them, `fill` takes a whole part, `cut` splits. */
export type Tool = 'brush' | 'exact' | 'rub' | 'polygon' | 'fill' | 'cut' | 'erase' | 'pan' | 'ask' | 'similar';

/** Tools that draw the chosen segment. */
export const drawing: ReadonlySet<Tool> = new Set(['brush', 'exact', 'polygon', 'fill'] satisfies Tool[]);
/** Tools that draw lines. */
export const lines: ReadonlySet<Tool> = new Set(['brush', 'exact', 'rub'] satisfies Tool[]);

/** Everything to paint besides the photograph. */
export interface Scene {
  drawing: Drawing;
  labels?: Labels;
  colours: ReadonlyMap<number, Rgb>;
  /**
   * A value per node on a grid of width × height, shown instead of labels: the node's margin, 0 … 1; with `alike`, its
   * likeness to a place, interpolated and at full opacity.
   */
  heat?: { values: Float32Array; width: number; height: number; alike?: boolean };
  /** A canvas filter for the photograph. */
  look?: string;
  /** 0 … 1. */
  opacity: number;
  /** Segments whose labels are not shown. */
  hidden?: ReadonlySet<number>;
  /** Segments whose labels are hatched. */
  waiting?: ReadonlySet<number>;
  contours: boolean;
  /** Stripes mark what belongs to no segment. */
  unlabelled?: boolean;
  strokes: boolean;
  tool: Tool;
  /** Exact strokes label their own pixels only. */
  only?: boolean;
  /** The labels on screen are older or coarser than the exact strokes. */
  stale?: boolean;
  /** The segment and the radius of the brush, image pixels. */
  segment: number;
  radius: number;
  /** The places of notes. */
  pins?: readonly Point[];
  /** A place to look at; a new one scrolls into sight. */
  ring?: Point;
  /** The number of the highlighted stroke. */
  picked?: number;
  /** Numbers of strokes that look wrong. */
  suspects?: readonly number[];
  /** Pens and keys do nothing. */
  still?: boolean;
}
