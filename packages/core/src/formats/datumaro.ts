/** Datumaro's JSON (spec/export.md): a document for each subset, a mask a segment. */
import { compressCounts, encodeRuns } from './coco/rle.ts';
import { vocColour } from './colour-map.ts';
import { type ExportDataset, type Exporter, namedCategories, partsOf } from './exporter.ts';

export function datumaro(dataset: ExportDataset): Exporter {
  const categories = namedCategories(dataset);
  const labels = new Map(categories.map(({ id, isthing }, i) => [id, { label: i, isthing }]));
  const label = {
    labels: categories.map(({ name }) => ({ name, parent: '', attributes: [] })),
    attributes: ['isthing'],
  };
  const colormap = categories.map((_, i) => {
    const [r, g, b] = vocColour(i + 1);
    return { label_id: i, r, g, b };
  });
  const subset = (split: string | undefined) => split ?? 'default';
  return {
    image(image) {
      const { id, stem, fileName, mask, segments, split } = image;
      const size = [mask.height, mask.width];
      const runs = encodeRuns(mask);
      const annotations = segments.map((segment) => ({
        id: segment.id,
        type: 'mask',
        attributes: { ...segment.attributes, isthing: labels.get(segment.category_id)?.isthing === 1 },
        group: segment.id,
        label_id: labels.get(segment.category_id)?.label,
        z_order: 0,
        rle: { counts: compressCounts(runs.get(segment.id) ?? []), size },
      }));
      const item = {
        id: stem,
        annotations,
        attr: { ...image.attributes, frame: id - 1 },
        image: { path: fileName, size },
      };
      return { files: [], lines: { [`items-${subset(split)}`]: [JSON.stringify(item)] } };
    },
    documents: partsOf(dataset).map((split) => ({
      path: `annotations/${subset(split)}.json`,
      parts: [
        `{"infos":${JSON.stringify({ author: dataset.name, dumped: dataset.date })},\n"categories":${JSON.stringify({ label, mask: { colormap } })},\n"items":[\n`,
        { list: `items-${subset(split)}`, between: ',\n', after: '' },
        '\n]}\n',
      ],
    })),
    picture: ({ fileName, split }) => `images/${subset(split)}/${fileName}`,
  };
}
