/** Overlays for checking (spec/export.md): each picture with its mask over it. */

import { InvalidInputError } from '@saltworks/contract/errors';
import { encode } from 'fast-png';
import { classColour, segmentColours } from '../screen/colours.ts';
import { overlayMask } from '../screen/overlay.ts';
import { csvField } from './class-table.ts';
import { type ExportDataset, type Exporter, namedCategories } from './exporter.ts';

export function overlays(dataset: ExportDataset): Exporter {
  const classes = namedCategories(dataset).map(({ id, name }, i) => ({ id, name, colour: classColour(i) }));
  return {
    needs: 'pixels',
    image(image) {
      const { stem, mask, segments, picture } = image;
      const pixels = picture?.pixels;
      if (!pixels || pixels.width !== mask.width || pixels.height !== mask.height) {
        throw new InvalidInputError(
          `a picture of ${pixels?.width} × ${pixels?.height} pixels; expected ${mask.width} × ${mask.height}, as its mask has`,
        );
      }
      const colours = segmentColours(
        segments.map(({ id, category_id }) => ({ id, category: category_id })),
        classes,
      );
      const { data, width, height } = overlayMask(pixels, mask, colours);
      return { files: [{ path: `${stem}.png`, bytes: encode({ data, width, height, channels: 3 }) }], lines: {} };
    },
    documents: [
      {
        path: 'colours.csv',
        parts: ['name,colour\n', ...classes.map(({ name, colour }) => `${csvField(name)},${colour}\n`)],
      },
    ],
  };
}
