import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';

export const [width, height] = [154, 112];

/** A small image: a dark disc on a light ground. */
export function disc(x: number, y: number, radius: number, shade = 0): Sharp {
  const pixels = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const at = Math.floor(i / 3);
    const inside = Math.hypot((at % width) - x, Math.floor(at / width) - y) < radius;
    return (inside ? [32, 48, 80 + shade] : [216 - shade, 200, 160])[i % 3];
  });
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

/** Scribbles for such an image: one stroke on the disc, two on the ground. */
export const scribblesFor = (x: number, y: number) => ({
  version: 1,
  image: { width, height },
  segments: [{ id: 7, category: 'disc', isthing: true }],
  strokes: [
    {
      segment: 7,
      points: [
        [x - 10, y - 6],
        [x + 10, y + 6],
      ],
      radius: 3,
    },
    {
      segment: 0,
      points: [
        [148, 6],
        [148, 104],
      ],
      radius: 3,
    },
    {
      segment: 0,
      points: [
        [6, 6],
        [6, 104],
      ],
      radius: 3,
    },
  ],
});

/** A folder of `count` different images, and a folder with scribbles for each. */
export async function pictureFolder(root: string, count: number): Promise<{ images: string; scribbles: string }> {
  const [images, scribbles] = [join(root, 'images'), join(root, 'scribbles')];
  mkdirSync(images, { recursive: true });
  mkdirSync(scribbles, { recursive: true });
  for (let i = 0; i < count; i++) {
    const [x, y, name] = [50 + (i % 10) * 5, 45 + (i % 7) * 3, `disc-${String(i).padStart(4, '0')}`];
    writeFileSync(
      join(images, `${name}.png`),
      await disc(x, y, 24 + (i % 5), i % 40)
        .png()
        .toBuffer(),
    );
    writeFileSync(join(scribbles, `${name}.json`), JSON.stringify({ ...scribblesFor(x, y), note: i }));
  }
  return { images, scribbles };
}
