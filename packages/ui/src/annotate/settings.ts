/** An annotator's view settings, kept in the browser across images and reloads. */
import * as z from '@saltworks/contract/zod';
import { readStored } from '../stored.ts';
import { plain } from './look.ts';

const usual = { brush: 0, opacity: 0.6, strokes: true, pixels: true, contours: true, only: false, look: plain };

const settings = z.catch(
  z.object({
    /** The brush's radius as a share of the image's width; 0 chooses one that suits the image. */
    brush: z.catch(z.number(), usual.brush),
    /** Opacity of labels, 0 … 1. */
    opacity: z.catch(z.number(), usual.opacity),
    strokes: z.catch(z.boolean(), usual.strokes),
    pixels: z.catch(z.boolean(), usual.pixels),
    contours: z.catch(z.boolean(), usual.contours),
    /** Exact strokes label their own pixels only. */
    only: z.catch(z.boolean(), usual.only),
    look: z.catch(
      z.object({
        dark: z.number().check(z.gte(0), z.lt(1)),
        bright: z.number().check(z.gt(0), z.lte(1)),
        brightness: z.number().check(z.gte(0.25), z.lte(4)),
        contrast: z.number().check(z.gte(0.25), z.lte(4)),
      }),
      usual.look,
    ),
  }),
  usual,
);
export type Settings = z.infer<typeof settings>;

/** The stored settings that are still valid; defaults for the rest. */
export function readSettings(text: string | null): Settings {
  const found = readStored(text, settings);
  const within = (value: number, most: number) => Math.min(most, Math.max(0, value));
  // Show hidden labels again: an annotator who opens an image expects them.
  return { ...found, brush: within(found.brush, 1), opacity: within(found.opacity, 1) || usual.opacity };
}
