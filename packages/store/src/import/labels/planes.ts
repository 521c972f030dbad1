/** Masks of class numbers as PNGs: VOC, Cityscapes, and PNG folders with a table of classes. */
import { basename, join, posix } from 'node:path';
import { InvalidInputError } from '@saltworks/contract/errors';
import { cityscapesTable, classMask, type Plane, splitInstanceIds, vocTable } from '@saltworks/core/formats/class-mask';
import { type ClassEntry, isNothing, parseClassTable } from '@saltworks/core/formats/class-table';
import { voidColour } from '@saltworks/core/formats/colour-map';
import { Classes } from '@saltworks/core/formats/paint';
import { asSeen } from '@saltworks/core/formats/spelling';
import { withoutExtension } from '@saltworks/core/formats/stems';
import { isSameSize, type Size } from '../offers.ts';
import { readLabelFile, versionOf } from './files.ts';
import { decodeIndexPng } from './index-png.ts';
import type { LabelFolder, Labels, OpenLabels } from './labels.ts';

/** The PNGs of a picture. */
interface Masks {
  /** Class numbers. */
  classes?: string;
  /** Object numbers. */
  objects?: string;
  /** Both in one, as Cityscapes has them. */
  instances?: string;
}

interface Layout {
  /** A table beside the folders, if the format knows its classes without. */
  table?: readonly ClassEntry[];
  /** What kind of mask a file is, and of which picture; undefined if it is none. */
  maskOf(name: string): { kind: keyof Masks; key: string } | undefined;
  /** Keys under which the masks of a picture may be listed. */
  keysOf(name: string): string[];
}

/** Tables of classes, the likeliest first. */
const tables =
  /^(class(es)?|class_?(dict|map|names|table|list)|label_?map|labels|codes|categories)\.(csv|tsv|json|txt)$/i;

/** The table of classes at the top of a folder. */
export const classTable = (names: readonly string[]): string | undefined =>
  names.filter((name) => tables.test(name)).sort((a, b) => rank(a) - rank(b))[0];

const rank = (name: string) => ['csv', 'tsv', 'json', 'txt'].indexOf(name.split('.').at(-1)?.toLowerCase() ?? '');

async function openPlanes({ root, names }: LabelFolder, layout: Layout): Promise<Labels> {
  const file = classTable(names);
  const table = file
    ? parseClassTable(new TextDecoder().decode(await readLabelFile(join(root, file))), file)
    : layout.table;
  if (!table) {
    throw new InvalidInputError(
      'no table of classes at the top of the folder; expected classes.csv, classes.json, classes.txt or labelmap.txt',
    );
  }
  const classes = new Classes();
  for (const { name, isthing } of table) if (!isNothing(name)) classes.id(name, isthing);
  const masks = new Map<string, Masks>();
  for (const name of names) {
    const mask = layout.maskOf(name);
    if (!mask) continue;
    const key = asSeen(mask.key);
    masks.set(key, { ...masks.get(key), [mask.kind]: name });
  }
  const taken = new Set<string>();
  return {
    categories: classes.list,
    isLabels: (name) =>
      name === file ||
      layout.maskOf(name) !== undefined ||
      /(^|\/)(gtFine|gtCoarse|SegmentationClass|SegmentationObject)\//.test(name),
    async of(name) {
      const key = layout
        .keysOf(name)
        .map(asSeen)
        .find((key) => masks.has(key));
      if (key === undefined) return undefined;
      taken.add(key);
      const own = masks.get(key) as Masks;
      const versions = await Promise.all(Object.values(own).map((mask) => versionOf(join(root, mask))));
      return {
        version: versions.join(),
        async read(size) {
          const plane = (mask: string | undefined) =>
            mask === undefined ? undefined : readPlane(join(root, mask), size);
          const instances = await plane(own.instances);
          if (instances) {
            const split = splitInstanceIds(instances);
            return classMask(split.classes, table, classes, split.objects);
          }
          const kinds = await plane(own.classes);
          if (!kinds) throw new InvalidInputError('objects without classes');
          const objects = await plane(own.objects);
          return classMask(kinds, table, classes, objects && withoutVoid(objects));
        },
      };
    },
    remarks: () =>
      [...masks]
        .filter(([key]) => !taken.has(key))
        .map(([, own]) => ({ name: Object.values(own)[0] as string, note: 'its picture is not there' })),
  };
}

async function readPlane(path: string, size: Size): Promise<Plane> {
  try {
    const plane = decodeIndexPng(await readLabelFile(path), size);
    if (!isSameSize(plane, size)) {
      throw new InvalidInputError(
        `a PNG of ${plane.width} × ${plane.height} pixels; expected ${size.width} × ${size.height}`,
      );
    }
    return plane;
  } catch (error) {
    throw error instanceof InvalidInputError ? new InvalidInputError(`${basename(path)} is ${error.message}`) : error;
  }
}

/** VOC draws a border of 255, and of one colour, around objects. */
function withoutVoid({ values, isColour }: Plane): ArrayLike<number> {
  if (!isColour) return values;
  return Uint32Array.from(values, (value) => (value === voidColour ? 0 : value));
}

export const openVoc: OpenLabels = (folder) =>
  openPlanes(folder, {
    table: vocTable,
    maskOf(name) {
      const found = /^(.*\/)?Segmentation(Class|Object)\/(.*)\.png$/i.exec(name);
      if (!found) return undefined;
      const [, before = '', kind, stem] = found;
      return { kind: kind.toLowerCase() === 'class' ? 'classes' : 'objects', key: `${before}${stem}` };
    },
    keysOf(name) {
      const found = /^(.*\/)?JPEGImages\/(.*)$/i.exec(name);
      return found ? [`${found[1] ?? ''}${withoutExtension(found[2])}`] : [];
    },
  });

export const openCityscapes: OpenLabels = (folder) =>
  openPlanes(folder, {
    table: cityscapesTable,
    maskOf(name) {
      const found = /^(.*)_(labelIds|instanceIds)\.png$/i.exec(name);
      if (!found) return undefined;
      const kind = found[2].toLowerCase() === 'labelids' ? 'classes' : 'instances';
      return { kind, key: keyOf(found[1].replace(/_gt(Fine|Coarse)$/i, '')) };
    },
    keysOf: (name) => [keyOf(withoutExtension(name).replace(/_leftImg8bit$/i, ''))],
  });

/** `train/aachen/x` of `gtFine/train/aachen/x`. */
const keyOf = (stem: string) => stem.replace(/(^|\/)(gtFine|gtCoarse|leftImg8bit|images)\//i, '$1');

/** Folders of masks beside one of pictures. */
const maskFolder = /^(masks?|labels?|annotations?|gt|ground_?truth|segmentations?|classes)$/i;
const objectFolder = /^(segments|instances|objects)$/i;
const pictureFolder = /^(images?|imgs?|pictures|photos|jpegimages|rgb|data)$/i;
/** What the names of masks may end with beside those of pictures. */
const suffix = /(_masks?|_labels?|_gt|_seg|_[LP])$/;

export const openClassPng: OpenLabels = (folder) =>
  openPlanes(folder, {
    maskOf(name) {
      if (!/\.png$/i.test(name)) return undefined;
      const parts = withoutExtension(name).split('/');
      const at = parts.findLastIndex(
        (part, k) => k < parts.length - 1 && (maskFolder.test(part) || objectFolder.test(part)),
      );
      if (at < 0) return undefined;
      const kind = objectFolder.test(parts[at]) ? 'objects' : 'classes';
      return { kind, key: parts.toSpliced(at, 1).join('/').replace(suffix, '') };
    },
    keysOf(name) {
      const parts = withoutExtension(name).split('/');
      const at = parts.findLastIndex((part, k) => k < parts.length - 1 && pictureFolder.test(part));
      return [parts.join('/'), ...(at < 0 ? [] : [parts.toSpliced(at, 1).join('/')])];
    },
  });

/** Whether a folder holds class PNGs: a table, and masks. */
export const hasClassMasks = (names: readonly string[]): boolean =>
  classTable(names) !== undefined &&
  names.some(
    (name) =>
      /\.png$/i.test(name) &&
      posix
        .dirname(name)
        .split('/')
        .some((part) => maskFolder.test(part)),
  );
