/** How each export format is read, and what its readers must find: a new format has one entry here. */
import { posix } from 'node:path';
import type { ExportFormat } from '@saltworks/contract/export-formats';
import { Stems } from '@saltworks/core/formats/stems';
import { expect } from 'vitest';

/** Texts of an export's files by their paths. */
type Files = Map<string, string>;

interface Reading {
  /** Categories by their numbers: `1 cat`; absent from a format that has none. */
  numbers?(files: Files): string[];
  /** Names of pictures, as readers find them among those of the dataset; their files are there. */
  pictures(files: Files, names: readonly string[]): string[];
  /** Files of x.jpg, x.png, sub/x.jpg and y.png, where the format has some of its own for each. */
  stems: string[];
}

const cocoNumbers = (text: string) =>
  JSON.parse(text).categories.map(({ id, name }: { id: number; name: string }) => `${id} ${name}`);

export const readings: Record<ExportFormat, Reading> = {
  'coco-panoptic': {
    numbers: (files) => cocoNumbers(files.get('panoptic.json')!),
    pictures(files) {
      const { images, annotations } = JSON.parse(files.get('panoptic.json')!);
      return annotations.map(({ image_id, file_name }: { image_id: number; file_name: string }) => {
        expect(files.has(`panoptic/${file_name}`), file_name).toBe(true);
        return images.find(({ id }: { id: number }) => id === image_id).file_name;
      });
    },
    stems: ['panoptic/sub/x.png', 'panoptic/x.jpg.png', 'panoptic/x.png.png', 'panoptic/y.png'],
  },
  'coco-instances': {
    numbers: (files) => cocoNumbers(files.get('instances.json')!),
    pictures: (files) =>
      JSON.parse(files.get('instances.json')!).images.map(({ file_name }: { file_name: string }) => file_name),
    stems: [],
  },
  voc: {
    numbers: (files) =>
      [...files.get('labelmap.txt')!.matchAll(/^(\w+):/gm)].map(([, name], i) => `${i} ${name}`).slice(1),
    pictures(files, names) {
      const stems = stemsOf(names);
      return files
        .get('ImageSets/Segmentation/all.txt')!
        .trimEnd()
        .split('\n')
        .map((stem) => {
          for (const kind of ['Class', 'Object']) expect(files.has(`Segmentation${kind}/${stem}.png`), stem).toBe(true);
          return names.find((name) => stems.of(name) === stem)!;
        });
    },
    stems: ['SegmentationClass/x.jpg.png', 'SegmentationObject/x.png.png', 'SegmentationClass/y.png'],
  },
  'yolo-seg': {
    numbers: (files) =>
      [...files.get('data.yaml')!.matchAll(/^ {2}(\d+): "(.*)"$/gm)].map(([, i, name]) => `${Number(i) + 1} ${name}`),
    pictures(files, names) {
      const stems = stemsOf(names);
      const [, folder] = /^train: (.*)$/m.exec(files.get('data.yaml')!)!;
      const labels = new Map(
        names.map((name) => {
          // Of two pictures that differ in their endings alone, as spec/export.md has it.
          const picture = posix.join('/export', folder, stems.of(name) === name ? `${name}.jpg` : name);
          return [labelsOf(picture), name];
        }),
      );
      return [...files.keys()]
        .filter((path) => path !== 'data.yaml')
        .map((path) => labels.get(posix.join('/export', path)) ?? path);
    },
    stems: ['labels/sub/x.txt', 'labels/x.jpg.txt', 'labels/x.png.txt', 'labels/y.txt'],
  },
  labelme: {
    pictures: (files) =>
      [...files].map(([path, text]) => posix.join(posix.dirname(path), JSON.parse(text).imagePath as string)),
    stems: ['sub/x.json', 'x.jpg.json', 'x.png.json', 'y.json'],
  },
  cvat: {
    numbers: (files) => counted(files.get('annotations.xml')!, /<label><name>(.*?)<\/name>/g),
    pictures: (files) =>
      [...files.get('annotations.xml')!.matchAll(/<image id="\d+" name="(.*?)"/g)].map(([, name]) => plainText(name)),
    stems: [],
  },
  'label-studio': {
    numbers: (files) => counted(files.get('config.xml')!, /<Label value="(.*?)"/g),
    pictures: (files) =>
      JSON.parse(files.get('tasks.json')!).map(({ data }: { data: { image: string } }) =>
        decodeURIComponent(data.image.replace('/data/local-files/?d=', '')),
      ),
    stems: [],
  },
  png: {
    numbers: tableNumbers,
    pictures: (files, names) => namedBy(files, names, /^masks\/(.*)\.png$/),
    stems: ['masks/sub/x.png', 'masks/x.jpg.png', 'segments/x.png.png', 'segments/y.png'],
  },
  'png-per-class': {
    numbers: tableNumbers,
    pictures(files, names) {
      const stems = stemsOf(names);
      const list = files.get('all.txt')!.split('\n').slice(0, -1);
      return list.map((stem) => names.find((name) => stems.of(name) === stem) ?? stem);
    },
    stems: ['1-square/sub/x.png', '1-square/x.jpg.png', '1-square/x.png.png'],
  },
  cityscapes: {
    numbers: tableNumbers,
    pictures: (files, names) => namedBy(files, names, /^gtFine\/train\/(.*)_gtFine_labelIds\.png$/),
    stems: ['gtFine/train/sub/x_gtFine_labelIds.png', 'gtFine/train/x.jpg_gtFine_instanceIds.png'],
  },
  datumaro: {
    numbers: (files) =>
      JSON.parse(files.get('annotations/default.json')!).categories.label.labels.map(
        ({ name }: { name: string }, i: number) => `${i + 1} ${name}`,
      ),
    pictures: (files) =>
      JSON.parse(files.get('annotations/default.json')!).items.map(
        ({ image }: { image: { path: string } }) => image.path,
      ),
    stems: [],
  },
  fiftyone: {
    numbers: (files) =>
      Object.entries(JSON.parse(files.get('dataset.json')!).mask_targets).map(([number, name]) => `${number} ${name}`),
    pictures(files) {
      const samples = files
        .get('samples.jsonl')!
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      return samples.map(({ filepath, segmentation, segments }) => {
        for (const path of [segmentation, segments]) expect(files.has(path), path).toBe(true);
        return filepath.slice('data/'.length);
      });
    },
    stems: ['segmentation/sub/x.png', 'segments/x.jpg.png', 'segments/x.png.png', 'segmentation/y.png'],
  },
  // Its files are read by its own package, in e2e/: here a name is found as Parquet writes it, after its length.
  'hugging-face': {
    pictures: (files, names) =>
      names.filter((name) => [...files.values()].some((text) => text.includes(`${lengthOf(name)}${name}`))),
    stems: ['data/train-000000-000.parquet'],
  },
  overlays: {
    pictures: (files, names) => namedBy(files, names, /^(.*)\.png$/),
    stems: ['sub/x.png', 'x.jpg.png', 'x.png.png', 'y.png'],
  },
};

/** The bytes of a name's length, as they look in UTF-8. */
function lengthOf(name: string): string {
  const bytes = Buffer.byteLength(name);
  return `${bytes < 128 ? String.fromCharCode(bytes) : '\ufffd'}\0\0\0`;
}

/** Names in their order, with their places. */
const counted = (text: string, pattern: RegExp) =>
  [...text.matchAll(pattern)].map(([, name], i) => `${i + 1} ${plainText(name)}`);

/** Rows of classes.csv after the background. */
function tableNumbers(files: Files): string[] {
  const rows = files.get('classes.csv')!.trimEnd().split('\n').slice(2);
  return rows.map((row) => row.split(',').slice(0, 2).join(' '));
}

const plainText = (text: string) => text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code));

/** Names of pictures by the stems in files' names. */
function namedBy(files: Files, names: readonly string[], pattern: RegExp): string[] {
  const stems = stemsOf(names);
  const found = [...files.keys()].flatMap((path) => pattern.exec(path)?.[1] ?? []);
  return found.map((stem) => names.find((name) => stems.of(name) === stem) ?? stem);
}

/** Where Ultralytics looks for a picture's labels: its `img2label_paths`. */
export function labelsOf(picture: string): string {
  const at = picture.lastIndexOf('/images/');
  return `${picture.slice(0, at)}/labels/${picture.slice(at + '/images/'.length)}`.replace(/\.[^.]*$/, '.txt');
}

function stemsOf(names: readonly string[]): Stems {
  const stems = new Stems();
  for (const name of names) stems.add(name);
  return stems;
}
