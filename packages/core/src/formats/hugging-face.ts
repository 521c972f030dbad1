/** Hugging Face datasets (spec/export.md): Parquet files with pictures and masks in them, and a card. */
import { parquetWriteBuffer } from 'hyparquet-writer';
import { type ExportDataset, type Exporter, namedCategories, partsOf } from './exporter.ts';
import { encodePanopticPng } from './panoptic-png.ts';

/** A row, as `image` hands it to `pack`. */
interface Row {
  image: { bytes: Uint8Array; path: string };
  mask: { bytes: Uint8Array; path: string };
  /** 64 bits, as the label of a category has. */
  image_id: bigint;
  file_name: string;
  segments: { id: number; category: bigint; isthing: boolean; area: number; bbox: number[] }[];
}

export function huggingFace(dataset: ExportDataset): Exporter {
  const categories = namedCategories(dataset);
  const names = categories.map(({ name }) => name);
  const places = new Map(categories.map(({ id, isthing }, i) => [id, { place: i, isthing: isthing === 1 }]));
  const features = {
    image: { _type: 'Image' },
    mask: { _type: 'Image' },
    image_id: { dtype: 'int64', _type: 'Value' },
    file_name: { dtype: 'string', _type: 'Value' },
    segments: [
      {
        id: { dtype: 'int32', _type: 'Value' },
        category: { names, _type: 'ClassLabel' },
        isthing: { dtype: 'bool', _type: 'Value' },
        area: { dtype: 'int32', _type: 'Value' },
        bbox: [{ dtype: 'int32', _type: 'Value' }],
      },
    ],
  };
  const parts = partsOf(dataset).map((split = 'train') => split);
  const files = parts.map((split) => `  - split: ${split}\n    path: data/${split}-*\n`);
  // These are found by their names, and a part without an image is no error.
  const isCustomary = parts.every((split) => ['train', 'val', 'validation', 'test'].includes(split));
  const kvMetadata = [{ key: 'huggingface', value: JSON.stringify({ info: { features } }) }];
  return {
    needs: 'bytes',
    image(image) {
      const { id, fileName, stem, mask, segments, picture } = image;
      const row: Row = {
        image: { bytes: picture?.bytes ?? new Uint8Array(), path: fileName },
        mask: { bytes: encodePanopticPng(mask), path: `${stem}.png` },
        image_id: BigInt(id),
        file_name: fileName,
        segments: segments.map(({ id, category_id, area, bbox }) => {
          const { place = 0, isthing = true } = places.get(category_id) ?? {};
          return { id, category: BigInt(place), isthing, area, bbox };
        }),
      };
      return { files: [], lines: {}, row };
    },
    pack(rows, { split = 'train', shard, part }) {
      const all = rows as Row[];
      const column = <K extends keyof Row>(name: K) => ({ name, data: all.map((row) => row[name]) });
      const bytes = parquetWriteBuffer({
        columnData: [column('image'), column('mask'), column('image_id'), column('file_name'), column('segments')],
        schema: [...schema],
        codec: 'UNCOMPRESSED',
        // Pictures have no least and no greatest.
        statistics: false,
        rowGroupSize: Math.max(1, all.length),
        kvMetadata,
        createdBy: 'saltworks',
      });
      const name = `${split}-${String(shard).padStart(6, '0')}-${String(part).padStart(3, '0')}`;
      return { path: `data/${name}.parquet`, bytes: new Uint8Array(bytes) };
    },
    documents: [
      {
        path: 'README.md',
        parts: [
          '---\ntask_categories:\n- image-segmentation\n',
          ...(isCustomary ? [] : ['configs:\n- config_name: default\n  data_files:\n', ...files]),
          `---\n\n# ${dataset.name}\n\nEach row has a picture, its mask (segment id = R + 256·G + 65536·B, 0 = background or void) and its segments.\n`,
          ...(dataset.keys ? [`\nThe masks draw on these keys: ${JSON.stringify(dataset.keys)}\n`] : []),
          ...(dataset.origin === undefined ? [] : [`\norigin: ${dataset.origin}: nobody drew these masks.\n`]),
          ...(dataset.build === undefined ? [] : [`\nThe masks are those of the build ${dataset.build}.\n`]),
        ],
      },
    ],
  };
}

const required = 'REQUIRED' as const;
const optional = 'OPTIONAL' as const;
const pictureOf = (name: string) =>
  [
    { name, repetition_type: optional, num_children: 2 },
    { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: optional },
    { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: optional },
  ] as const;

/** Parquet's tree, depth first. Lists have Parquet's three levels. */
const schema = [
  { name: 'root', num_children: 5 },
  ...pictureOf('image'),
  ...pictureOf('mask'),
  { name: 'image_id', type: 'INT64', repetition_type: required },
  { name: 'file_name', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: required },
  { name: 'segments', converted_type: 'LIST', repetition_type: optional, num_children: 1 },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', repetition_type: optional, num_children: 5 },
  { name: 'id', type: 'INT32', repetition_type: optional },
  { name: 'category', type: 'INT64', repetition_type: optional },
  { name: 'isthing', type: 'BOOLEAN', repetition_type: optional },
  { name: 'area', type: 'INT32', repetition_type: optional },
  { name: 'bbox', converted_type: 'LIST', repetition_type: optional, num_children: 1 },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', type: 'INT32', repetition_type: optional },
] as const;
