/** COCO panoptic (spec/export.md): a PNG of segment ids an image, and one document. */
import { vocColour } from '../colour-map.ts';
import { type ExportDataset, type Exporter, namedCategories, partName } from '../exporter.ts';
import { encodePanopticPng } from '../panoptic-png.ts';
import { cocoDocuments, imageLine, writtenCategory } from './document.ts';

export function cocoPanoptic(dataset: ExportDataset): Exporter {
  const categories = namedCategories(dataset);
  return {
    image(image) {
      const { id, stem, mask, segments, split } = image;
      const annotation = {
        image_id: id,
        file_name: `${stem}.png`,
        segments_info: segments.map(({ id, category_id, area, bbox, iscrowd, origin, accepted, attributes }) => ({
          id,
          category_id,
          area,
          bbox,
          iscrowd,
          origin,
          accepted,
          ...(attributes && { attributes }),
        })),
      };
      return {
        files: [{ path: `${partName('panoptic', split)}/${stem}.png`, bytes: encodePanopticPng(mask) }],
        lines: {
          [partName('images', split)]: [imageLine(image)],
          [partName('annotations', split)]: [JSON.stringify(annotation)],
        },
      };
    },
    documents: cocoDocuments(
      'panoptic',
      dataset,
      categories.map((category, i) => ({
        ...writtenCategory(category),
        isthing: category.isthing,
        color: vocColour(i + 1),
      })),
    ),
    picture: ({ fileName }) => `images/${fileName}`,
  };
}
