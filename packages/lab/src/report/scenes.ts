/** Pictures of the images that a report shows: they are solved again, since masks are not kept. */
import type { EvaluationRow } from '@saltworks/contract/documents/evaluations';
import type { Keys } from '@saltworks/core/keys/keys';
import type { Mask } from '@saltworks/core/mask/mask';
import { solveOptions } from '@saltworks/core/options';
import type { StrokeRaster } from '@saltworks/core/seeds/seeds';
import type { Case } from '../dataset/case.ts';
import { blank, correct, openImage } from '../protocols/corrections.ts';
import { drawnMask, isDrawn } from '../protocols/measured.ts';
import type { ProtocolSettings } from '../protocols/protocol.ts';
import { randomFrom } from '../random.ts';
import { ideal } from '../robots/corrector.ts';
import { type ChosenImage, chosenImages } from './choose.ts';
import { type Frame, filmStrip, gallery, type Step } from './pictures.ts';

/** A chosen image with its pictures. */
export interface Scene extends ChosenImage {
  frames: readonly Frame[];
}

/** @param read an image of the run by its name, and its keys; it is told how many will be asked for */
export async function drawScenes(
  rows: readonly EvaluationRow[],
  read: (name: string, total: number) => Promise<{ one: Case; keys: Keys }>,
  settings: ProtocolSettings,
): Promise<Scene[]> {
  const scenes: Scene[] = [];
  const all = chosenImages(rows);
  for (const chosen of all) {
    const { one, keys } = await read(chosen.image, all.length);
    scenes.push({ ...chosen, frames: await framesOf(chosen, one, keys, settings) });
  }
  return scenes;
}

async function framesOf(
  { protocol }: ChosenImage,
  one: Case,
  keys: Keys,
  settings: ProtocolSettings,
): Promise<Frame[]> {
  if (protocol === 'corrections') return filmStrip(one, await film(one, keys, settings));
  const { preset, spec, seed } = settings;
  return isDrawn(one) ? gallery(one, drawnMask(one, keys, solveOptions(preset, spec, { seed }))) : [];
}

/** The numbers of corrections after which a mask is shown. */
const shown = [0, 1, 2, 3, 5, 8, 12];

/** The ideal annotator's first corrections, from the strokes on, or from nothing where there are none. */
async function film(one: Case, keys: Keys, settings: ProtocolSettings): Promise<Step[]> {
  const { preset, spec, seed } = settings;
  const solve = openImage(one, keys, solveOptions(preset, spec, { seed }));
  const solved: { raster: StrokeRaster; mask: Mask }[] = [];
  const noting = async (raster: StrokeRaster, before: Mask): Promise<Mask> => {
    const mask = await solve(raster, before);
    solved.push({ raster, mask });
    return mask;
  };
  // Without a budget the annotator stops after the corrections that are always made.
  const start = one.raster ?? blank(one);
  const { counts } = await correct(one, start, noting, ideal, { ...settings, budget: 0 }, randomFrom(''));
  return shown.flatMap((n): Step[] => {
    const step = solved[n];
    if (!step) return [];
    const caption = `${n === 0 ? 'before' : `after ${n}`}: mIoU ${counts.curve[n].toFixed(3)}`;
    return [{ mask: step.mask, caption, ...(n > 0 && { at: lastStroke(step.raster) }) }];
  });
}

/** Where the last stroke lies: the middle of its pixels. */
function lastStroke({ owner, segments, width }: StrokeRaster): Step['at'] {
  const number = segments.length;
  let [count, across, down] = [0, 0, 0];
  owner.forEach((stroke: number, i: number) => {
    if (stroke !== number) return;
    count++;
    across += i % width;
    down += Math.floor(i / width);
  });
  return { x: across / count, y: down / count, segment: segments[number - 1] };
}
