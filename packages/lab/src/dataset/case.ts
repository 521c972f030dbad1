/** One image of a dataset with its known mask and what was drawn on it: the input of every protocol. */
import type { RgbImage } from '@saltworks/core/image/image';
import type { Mask } from '@saltworks/core/mask/mask';
import type { StrokeRaster } from '@saltworks/core/seeds/seeds';

export interface Case {
  /** Stem of the image's file. */
  name: string;
  /** As the dataset names it; empty where it names none. */
  source: string;
  /** Hex sha256 of the image file's bytes. */
  sha256: string;
  image: RgbImage;
  /** Segments to be found; 0 is the background, which counts as a segment unless it is ignored. */
  truth: Mask;
  /** 1 at pixels that do not count: void and crowds. */
  ignore: Uint8Array;
  /** Names of the categories of the truth's segments, by id; regions without a name are absent. */
  categories: ReadonlyMap<number, string>;
  /** Strokes by the ids of the truth; absent where nothing was drawn. */
  raster?: StrokeRaster;
}
