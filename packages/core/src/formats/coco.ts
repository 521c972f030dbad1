/** COCO's two documents (spec/export.md): panoptic, with its PNGs, and instances as compressed run lengths. */
import type { Category } from '@saltworks/contract/categories';
import { vocColour } from './colour-map.ts';
import {
  checkImage,
  distinctNames,
  type ExportDataset,
  type ExportDocument,
  type Exporter,
  type ExportImage,
  orderedCategories,
} from './exporter.ts';
import { encodePanopticPng } from './panoptic-png.ts';
import { compressCounts, encodeRuns } from './rle.ts';

export function cocoPanoptic(dataset: ExportDataset): Exporter {
  const categories = orderedCategories(dataset);
  return {
    loses: 'Nothing of a mask is lost; background and void are one (id 0, not listed).',
    image(image) {
      checkImage(image, categories);
      const { id, stem, mask, segments } = image;
      const annotation = {
        image_id: id,
        file_name: `${stem}.png`,
        segments_info: segments.map(({ id, category_id, area, bbox, iscrowd }) => ({
          id,
          category_id,
          area,
          bbox,
          iscrowd,
        })),
      };
      return {
        files: [{ path: `panoptic/${stem}.png`, bytes: encodePanopticPng(mask) }],
        lines: { images: [imageLine(image)], annotations: [JSON.stringify(annotation)] },
      };
    },
    documents: [
      cocoDocument(
        'panoptic.json',
        dataset,
        cocoCategories(categories).map((category, i) => ({
          ...category,
          isthing: categories[i].isthing,
          color: vocColour(i + 1),
        })),
      ),
    ],
  };
}

export function cocoInstances(dataset: ExportDataset): Exporter {
  const categories = orderedCategories(dataset);
  const isThing = new Set(categories.filter(({ isthing }) => isthing === 1).map(({ id }) => id));
  return {
    loses: 'Stuff segments are left out; background and void are whatever no instance covers.',
    image(image) {
      checkImage(image, categories);
      const { id, mask, segments } = image;
      const runs = encodeRuns(mask);
      const annotations = segments
        .filter(({ category_id }) => isThing.has(category_id))
        .map((segment) =>
          JSON.stringify({
            id: annotationId(id, segment.id),
            image_id: id,
            category_id: segment.category_id,
            segmentation: { size: [mask.height, mask.width], counts: compressCounts(runs.get(segment.id) ?? []) },
            area: segment.area,
            bbox: segment.bbox,
            iscrowd: segment.iscrowd,
          }),
        );
      return { files: [], lines: { images: [imageLine(image)], annotations } };
    },
    documents: [
      cocoDocument(
        'instances.json',
        dataset,
        cocoCategories(categories).filter(({ id }) => isThing.has(id)),
      ),
    ],
  };
}

/** One number for a segment of an image: below 2⁵³, and both can be read back from it. */
export const annotationId = (image: number, segment: number): number => image * 2 ** 24 + segment;

const imageLine = ({ id, fileName, mask: { width, height } }: ExportImage) =>
  JSON.stringify({ id, file_name: fileName, width, height });

function cocoCategories(categories: readonly Category[]) {
  const names = distinctNames(categories);
  return categories.map(({ id, isthing }, i) => ({ id, name: names[i], supercategory: isthing ? 'thing' : 'stuff' }));
}

function cocoDocument(path: string, { name, date }: ExportDataset, categories: readonly object[]): ExportDocument {
  const info = { description: name, date_created: date, contributor: '', url: '', version: '1.0' };
  const list = (list: string) => ({ list, between: ',\n', after: '' });
  return {
    path,
    parts: [
      `{"info":${JSON.stringify(info)},\n"licenses":[],\n"images":[\n`,
      list('images'),
      '\n],\n"annotations":[\n',
      list('annotations'),
      `\n],\n"categories":${JSON.stringify(categories)}}\n`,
    ],
  };
}
