/** A small dataset in a folder: discs of one colour on another, known to the pixel. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePng } from '@saltworks/backbone/image/decode';

export const size = { width: 96, height: 72 };

interface Tiny {
  name: string;
  source?: string;
  /** Without them nothing is drawn. */
  strokes?: 'json' | 'png';
}

/** The disc's centre and radius differ by image. */
export const isDisc = (at: number, x: number, y: number): boolean =>
  (x - 40 - 4 * at) ** 2 + (y - 36) ** 2 < (18 + at) ** 2;

/** Category 1 is a thing, 2 is stuff; segment 5 is the disc, segment 6 the rest. */
export async function writeTiny(
  folder: string,
  images: readonly Tiny[],
  { scribbles = 'scribbles' } = {},
): Promise<void> {
  for (const each of ['images', 'panoptic', scribbles]) mkdirSync(join(folder, each), { recursive: true });
  const { width, height } = size;
  for (const [at, { name, strokes }] of images.entries()) {
    const pixels = (colour: (disc: boolean, i: number) => number[]) => {
      const data = new Uint8Array(3 * width * height);
      for (let i = 0; i < width * height; i++) data.set(colour(isDisc(at, i % width, Math.floor(i / width)), i), 3 * i);
      return data;
    };
    // A little texture, since no photograph is flat.
    const image = pixels((disc, i) => (disc ? [200 + (i % 7), 60, 40] : [30, 90 + ((i * 13) % 11), 160]));
    const mask = pixels((disc) => [disc ? 5 : 6, 0, 0]);
    writeFileSync(join(folder, 'images', `${name}.png`), await encodePng(image, { ...size, channels: 3 }));
    writeFileSync(join(folder, 'panoptic', `${name}.png`), await encodePng(mask, { ...size, channels: 3 }));
    if (strokes === 'json') {
      const document = {
        ...{ version: 1, image: size, segments: [{ id: 5, category: 'disc', isthing: true }] },
        strokes: [
          {
            segment: 5,
            points: [
              [36 + 4 * at, 36],
              [44 + 4 * at, 36],
            ],
            radius: 2,
          },
          {
            segment: 0,
            points: [
              [4, 4],
              [4, 60],
            ],
            radius: 2,
          },
        ],
      };
      writeFileSync(join(folder, scribbles, `${name}.json`), JSON.stringify(document));
    } else if (strokes === 'png') {
      const drawn = new Uint8Array(width * height);
      for (let x = 36; x < 44; x++) drawn[36 * width + x + 4 * at] = 5;
      // Over what counts as background.
      for (let x = 2; x < 60; x++) drawn[3 * width + x] = 6;
      writeFileSync(join(folder, scribbles, `${name}.png`), await encodePng(drawn, { ...size, channels: 1 }));
    }
  }
  const area = (at: number) =>
    Array.from({ length: width * height }, (_, i) => isDisc(at, i % width, Math.floor(i / width))).filter(Boolean)
      .length;
  const document = {
    images: images.map(({ name, source }, id) => ({
      id,
      file_name: `${name}.png`,
      ...size,
      ...(source && { source }),
    })),
    annotations: images.map(({ name }, image_id) => ({
      ...{ image_id, file_name: `${name}.png` },
      segments_info: [
        { id: 5, category_id: 1, area: area(image_id), iscrowd: 0 },
        { id: 6, category_id: 2, area: width * height - area(image_id), iscrowd: 0 },
      ],
    })),
    categories: [
      { id: 1, name: 'disc', isthing: 1 },
      { id: 2, name: 'ground', isthing: 0 },
    ],
  };
  writeFileSync(join(folder, 'panoptic.json'), JSON.stringify(document));
}
