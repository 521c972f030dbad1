/** Label Studio's JSON export. */
import { basename } from 'node:path';
import { parseJson } from '@saltworks/contract/documents/json';
import { InvalidInputError } from '@saltworks/contract/errors';
import {
  isLabelled,
  type LabelStudioTask,
  labelStudioClasses,
  labelStudioMask,
  picturesOf,
} from '@saltworks/core/formats/label-studio';
import { Classes } from '@saltworks/core/formats/paint';
import { sha256Of } from '../../objects/canonical.ts';
import type { Remark } from '../offers.ts';
import { readLabelFile } from './files.ts';
import type { Labels, OpenLabels } from './labels.ts';
import { Pictures } from './pictures.ts';

/** @throws InvalidInputError if this is no list of tasks */
export const openLabelStudio: OpenLabels = async ({ names, document }): Promise<Labels> => {
  if (document === undefined) throw new InvalidInputError('no JSON document of tasks; expected one');
  const file = basename(document);
  const tasks = parseJson(await readLabelFile(document));
  if (!Array.isArray(tasks) || !tasks.every((task) => typeof task === 'object' && task !== null && 'data' in task)) {
    throw new InvalidInputError(`${file}: expected Label Studio's list of tasks (its export JSON, not JSON-MIN)`);
  }
  const classes = new Classes();
  const pictures = new Pictures(names);
  const remarks: Remark[] = [];
  const found = new Map<string, LabelStudioTask>();
  for (const task of tasks as LabelStudioTask[]) {
    if (!isLabelled(task)) continue;
    labelStudioClasses(task, classes);
    const picture = picturesOf(task)
      .map((address) => findPicture(pictures, address))
      .find((name) => name !== undefined);
    const which = `task ${JSON.stringify(task.id)}`;
    if (picture === undefined)
      remarks.push({
        name: file,
        note: `the picture of ${which} is not there (${picturesOf(task)[0] ?? 'it names none'})`,
      });
    else if (found.has(picture)) remarks.push({ name: picture, note: `${which} is of it, too; the first is taken` });
    else found.set(picture, task);
  }
  return {
    categories: classes.list,
    isLabels: (name) => /\.(json|xml)$/i.test(name),
    async of(name) {
      const task = found.get(name);
      if (!task) return undefined;
      const version = sha256Of(JSON.stringify(task)).slice(0, 16);
      return { version, read: async (size) => labelStudioMask(task, size, classes) };
    },
    remarks: () => remarks,
  };
};

/** An address as a task has it: of local files (`/data/local-files/?d=PATH`), of an upload (`/data/upload/1/HASH-NAME`), of a bucket, or a path. */
function findPicture(pictures: Pictures, address: string): string | undefined {
  const local = /[?&]d=([^&]*)/.exec(address)?.[1];
  const path = decoded(local ?? address.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*\//i, '').replace(/[?#].*$/s, ''));
  return pictures.find(path) ?? pictures.find(path.replace(/(^|\/)[0-9a-f]{8}-([^/]*)$/i, '$1$2'));
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
