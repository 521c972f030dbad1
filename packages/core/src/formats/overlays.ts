/** Overlays for checking (spec/export.md): each picture with its mask over it. */

import { InvalidInputError } from '@saltworks/contract/errors';
import { encode } from 'fast-png';
import { classColour, segmentColours } from '../screen/colours.ts';
import { overlayMask } from '../screen/overlay.ts';
import { csvField } from './class-table.ts';
import { checkImage, distinctNames, type ExportDataset, type Exporter, orderedCategories } from './exporter.ts';

export function overlays(dataset: ExportDataset): Exporter {
  const categories = orderedCategories(dataset);
  const names = distinctNames(categories);
  const classes = categories.map(({ id }, i) => ({ id, colour: classColour(i) }));
  return {
    needs: 'pixels',
    image(image) {
      checkImage(image, categories);
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
        parts: [`name,colour\n${names.map((name, i) => `${csvField(name)},${classes[i].colour}\n`).join('')}`],
      },
    ],
  };
}
