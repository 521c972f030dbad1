/** A folder of labelme's JSON files. */
import { join, posix } from 'node:path';
import { parseJson } from '@saltworks/contract/documents/json';
import { type LabelmeDocument, labelmeClasses, labelmeMask } from '@saltworks/core/formats/labelme';
import { Classes } from '@saltworks/core/formats/paint';
import { withoutExtension } from '@saltworks/core/formats/stems';
import { sha256Of } from '../../objects/canonical.ts';
import { type Remark, type Size, statedSize } from '../offers.ts';
import { leftByName } from '../picture-names.ts';
import { readLabelFile } from './files.ts';
import { decodeIndexPng } from './index-png.ts';
import type { Labels, OpenLabels } from './labels.ts';
import { Pictures } from './pictures.ts';

/** @throws never for a file that is broken: a remark names it */
export const openLabelme: OpenLabels = async ({ root, names }): Promise<Labels> => {
  const classes = new Classes();
  const pictures = new Pictures(names);
  const stems = new Map(
    names.filter((name) => leftByName(name) === undefined).map((name) => [withoutExtension(name), name]),
  );
  const remarks: Remark[] = [];
  const files = new Map<string, { file: string; version: string; said?: Size }>();
  for (const file of names.filter(isJson)) {
    try {
      const bytes = await readLabelFile(join(root, file));
      const document = parseJson<LabelmeDocument>(bytes);
      if (!Array.isArray(Object(document).shapes)) continue;
      labelmeClasses(document, classes);
      const { imagePath, imageWidth: width, imageHeight: height } = document;
      const said = typeof imagePath === 'string' ? pictures.find(imagePath, posix.dirname(file)) : undefined;
      const picture = said ?? stems.get(withoutExtension(file));
      if (picture === undefined)
        remarks.push({ name: file, note: `its picture ${JSON.stringify(imagePath)} is not there` });
      else if (files.has(picture))
        remarks.push({ name: file, note: `${picture} has labels in ${files.get(picture)?.file}; these are not taken` });
      else {
        const version = sha256Of(bytes).slice(0, 16);
        files.set(picture, { file, version, said: statedSize({ width, height }) });
      }
    } catch (error) {
      remarks.push({ name: file, note: `${(error as Error).message}; it is left out` });
    }
  }
  return {
    categories: classes.list,
    isLabels: isJson,
    async of(name) {
      const found = files.get(name);
      if (!found) return undefined;
      const read = async (size: Size) =>
        labelmeMask(parseJson(await readLabelFile(join(root, found.file))), size, classes, decodeIndexPng);
      return { version: found.version, said: found.said, read };
    },
    remarks: () => remarks,
  };
};

const isJson = (name: string) => /\.json$/i.test(name);
