/** The formats of labels that an import reads, and how a folder or document is recognised. */
import { open, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { InvalidInputError } from '@saltworks/contract/errors';
import { type LabelFormat, labelFormatFacts } from '@saltworks/contract/label-formats';
import { openCvat } from './cvat.ts';
import { openLabelStudio } from './label-studio.ts';
import { openLabelme } from './labelme.ts';
import type { OpenLabels } from './labels.ts';
import { hasClassMasks, openCityscapes, openClassPng, openVoc } from './planes.ts';
import { openYolo, yamlOf } from './yolo-seg.ts';

/** Formats whose labels lie beside pictures. COCO's documents list their pictures themselves. */
export const openLabels: Record<Exclude<LabelFormat, 'coco'>, OpenLabels> = {
  labelme: openLabelme,
  cvat: openCvat,
  'label-studio': openLabelStudio,
  voc: openVoc,
  'yolo-seg': openYolo,
  png: openClassPng,
  cityscapes: openCityscapes,
};

/** A format that was recognised. */
export interface Recognised {
  format: LabelFormat;
  /** What was seen, for people. */
  seen: string;
  /** The document, where one file holds all labels. */
  document?: string;
}

/** Bytes of a document that tell what it is. */
const headBytes = 1 << 16;
/** JSON files of a folder that are looked at. */
const fewFiles = 5;

/** What a document is by its beginning; undefined if it is none of the formats. */
export async function documentFormat(path: string): Promise<LabelFormat | undefined> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    const [first, second] = buffer;
    const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
    const encoding = isUtf16 ? (first === 0xff ? 'utf-16le' : 'utf-16be') : 'utf-8';
    const head = new TextDecoder(encoding).decode(buffer.subarray(0, bytesRead)).trimStart();
    if (head.startsWith('<')) return /<annotations[\s>]/.test(head) ? 'cvat' : undefined;
    if (head.startsWith('['))
      return /^\[\s*(\]|\{)/.test(head) && /"(data|annotations|completions)"\s*:/.test(head)
        ? 'label-studio'
        : undefined;
    if (!head.startsWith('{')) return undefined;
    if (/"shapes"\s*:\s*\[/.test(head) && /"(imagePath|version|flags)"\s*:/.test(head)) return 'labelme';
    return /"(images|annotations|categories|info|licenses)"\s*:/.test(head) ? 'coco' : undefined;
  } finally {
    await file.close();
  }
}

/** All formats that a folder looks like. @param names of its files, joined by `/` */
export async function recognise(root: string, names: readonly string[]): Promise<Recognised[]> {
  const found: Recognised[] = [];
  const count = (pattern: RegExp) => names.filter((name) => pattern.test(name)).length;
  const voc = count(/(^|\/)SegmentationClass\/.*\.png$/i);
  if (voc > 0) found.push({ format: 'voc', seen: `${voc} PNGs in SegmentationClass/` });
  const cities = count(/_(instanceIds|labelIds)\.png$/i);
  if (cities > 0) found.push({ format: 'cityscapes', seen: `${cities} PNGs that end with _instanceIds or _labelIds` });
  const texts = count(/(^|\/)labels\/.*\.txt$/i);
  const yaml = yamlOf(names);
  if (yaml !== undefined && texts > 0)
    found.push({ format: 'yolo-seg', seen: `${yaml} and ${texts} files in labels/` });
  if (voc === 0 && cities === 0 && hasClassMasks(names)) {
    found.push({ format: 'png', seen: 'a table of classes and a folder of masks' });
  }
  const tops = names.filter((name) => /^(annotations\/)?[^/]*\.(json|xml)$/i.test(name));
  for (const name of tops.slice(0, 100)) {
    const format = await documentFormat(join(root, name));
    if (format === undefined || format === 'labelme') continue;
    found.push({ format, seen: name, document: join(root, name) });
  }
  const jsons = names.filter((name) => /\.json$/i.test(name));
  for (const name of jsons.slice(0, fewFiles)) {
    if ((await documentFormat(join(root, name))) !== 'labelme') continue;
    found.push({ format: 'labelme', seen: `${name} among ${jsons.length} JSON files` });
    break;
  }
  return found;
}

/**
 * The one format of a folder.
 *
 * @param wanted one that a person named
 * @throws InvalidInputError if it looks like none, or like several
 */
export async function chooseFormat(
  root: string,
  names: readonly string[],
  wanted: LabelFormat | 'auto',
): Promise<Recognised> {
  const all = await recognise(root, names);
  const fitting = wanted === 'auto' ? all : all.filter(({ format }) => format === wanted);
  if (fitting.length === 1) return fitting[0];
  const told = (some: readonly Recognised[]) => some.map(({ format, seen }) => `${format} (${seen})`).join(', ');
  if (fitting.length > 1) {
    throw new InvalidInputError(
      `${root} looks like several: ${told(fitting)}; expected --labels with one of them, or the document itself`,
    );
  }
  if (wanted === 'auto') {
    throw new InvalidInputError(
      `${root}: no labels that are known; expected one of ${Object.values(labelFormatFacts)
        .map(({ title }) => title)
        .join(', ')} (saltworks dataset formats), or no --labels`,
    );
  }
  throw new InvalidInputError(
    `${root} is no ${wanted}${all.length === 0 ? '' : `, it looks like ${told(all)}`}; expected ${labelFormatFacts[wanted].looks}`,
  );
}

/** The folder of the pictures of a document: `images/` beside it, else where it lies. */
export async function picturesBeside(document: string): Promise<string> {
  const images = join(dirname(document), 'images');
  const found = await stat(images).catch(() => undefined);
  return found?.isDirectory() ? images : dirname(document);
}

/** What was recognised, in words. */
export const recognisedText = ({ format, seen, document }: Recognised): string =>
  `${labelFormatFacts[format].title} (${document === undefined ? seen : basename(document)})`;
