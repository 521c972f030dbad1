/** Pictures of images, truths, masks and errors, small enough to lie in a page. */
import { unnamed } from '@saltworks/contract/documents/scribbles';
import type { RgbImage } from '@saltworks/core/image/image';
import type { Mask } from '@saltworks/core/mask/mask';
import { namedColours, type Rgb } from '@saltworks/core/screen/colours';
import { overlayMask, overlayStrokes } from '@saltworks/core/screen/overlay';
import sharp from 'sharp';
import type { Case } from '../dataset/case.ts';

/** A picture with its words. */
export interface Frame {
  caption: string;
  /** A data URI. */
  src: string;
  width: number;
  height: number;
}

/** A mask on the way, and the correction that led to it. */
export interface Step {
  mask: Mask;
  caption: string;
  /** Where the correction lies, and for which segment. */
  at?: { x: number; y: number; segment: number };
}

/** Photograph with its strokes, truth, mask and errors. */
export async function gallery(one: Case, mask: Mask): Promise<Frame[]> {
  const colours = coloursOf(one);
  const { image, truth, raster } = one;
  return Promise.all([
    frame('photograph and strokes', raster ? overlayStrokes(image, raster, colours) : image),
    frame('truth', overlayMask(image, truth, colours)),
    frame('mask', overlayMask(image, mask, colours)),
    frame('wrong pixels', errors(one, mask)),
  ]);
}

/** The truth, then the mask after each correction, which is ringed. */
export async function filmStrip(one: Case, steps: readonly Step[]): Promise<Frame[]> {
  const colours = coloursOf(one);
  const { image, truth } = one;
  return Promise.all([
    frame('truth', overlayMask(image, truth, colours)),
    ...steps.map(({ mask, caption, at }) => {
      const picture = overlayMask(image, mask, colours);
      if (at) ring(picture, at.x, at.y, colours.get(at.segment) ?? [128, 128, 128]);
      return frame(caption, picture);
    }),
  ]);
}

/** Colours by segment: those of their categories, as on the pages. */
function coloursOf({ truth, categories }: Case): Map<number, Rgb> {
  const ids = [...new Set(truth.ids)].filter((id) => id !== 0).sort((a, b) => a - b);
  return namedColours(ids.map((id) => ({ id, category: categories.get(id) ?? unnamed })));
}

const [wrong, light]: [Rgb, number] = [[213, 94, 0], 0.45];

/** The photograph pale and grey, wrong pixels in one colour, ignored ones black. */
function errors({ image, truth, ignore }: Case, mask: Mask): RgbImage {
  const { width, height, data } = image;
  const out = new Uint8Array(data.length);
  for (let i = 0, o = 0; i < ignore.length; i++, o += 3) {
    const grey = 0.299 * data[o] + 0.587 * data[o + 1] + 0.114 * data[o + 2];
    const pale = Math.round(255 * light + (1 - light) * grey);
    if (ignore[i]) out.fill(0, o, o + 3);
    else if (mask.ids[i] !== truth.ids[i]) out.set(wrong, o);
    else out.fill(pale, o, o + 3);
  }
  return { data: out, width, height };
}

/** A filled circle with a white and a black rim, large enough to be seen in a small picture. */
function ring({ data, width, height }: RgbImage, x: number, y: number, colour: Rgb): void {
  const radius = Math.max(4, 0.022 * Math.hypot(width, height));
  for (let row = Math.max(0, Math.floor(y - radius)); row <= Math.min(height - 1, y + radius); row++) {
    for (let column = Math.max(0, Math.floor(x - radius)); column <= Math.min(width - 1, x + radius); column++) {
      const share = Math.hypot(column - x, row - y) / radius;
      if (share > 1) continue;
      data.set(share > 0.8 ? [0, 0, 0] : share > 0.5 ? [255, 255, 255] : colour, 3 * (row * width + column));
    }
  }
}

/** Pixels of the longer side: sharp at the width of a column, also on fine screens. */
const longSide = 320;

async function frame(caption: string, { data, width, height }: RgbImage): Promise<Frame> {
  const { data: file, info } = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(longSide, longSide, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 72 })
    .toBuffer({ resolveWithObject: true });
  const src = `data:image/webp;base64,${file.toString('base64')}`;
  return { caption, src, width: info.width, height: info.height };
}
