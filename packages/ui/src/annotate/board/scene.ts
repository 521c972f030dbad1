/** The scene that the board paints: everything on the canvas except the photograph and the stroke under the pen. */
import type { Drawing } from '@saltworks/contract/api/interactions';
import type { Rgb } from '@saltworks/core/screen/colours';
import type { Labels } from '../labels.ts';
import type { Point } from './view.ts';

export type Tool = 'brush' | 'erase' | 'pan' | 'ask' | 'similar';

/** What is to be seen, besides the photograph. */
export interface Scene {
  drawing: Drawing;
  labels?: Labels;
  colours: ReadonlyMap<number, Rgb>;
  /**
   * By node: how sure, 0 … 1, on a grid of the size beside it; shown instead of labels. alike: how alike to a place, shown
   * softly, however clear labels are.
   */
  heat?: { values: Float32Array; width: number; height: number; alike?: boolean };
  /** 0 … 1. */
  opacity: number;
  contours: boolean;
  strokes: boolean;
  tool: Tool;
  /** What the brush draws, and how wide: image pixels. */
  segment: number;
  radius: number;
  /** A note pinned to a place of the picture. */
  pin?: Point;
  /** A place to look at: another one is moved into sight. */
  ring?: Point;
  /** The stroke that is pointed out: its number. */
  picked?: number;
  /** The tool does nothing. */
  still?: boolean;
}
