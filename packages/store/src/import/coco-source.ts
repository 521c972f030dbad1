/** Images and known masks that a COCO document lists. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, posix } from 'node:path';
import type { Category } from '@saltworks/contract/categories';
import type { TruthSegment } from '@saltworks/contract/documents/truth';
import { InvalidInputError } from '@saltworks/contract/errors';
import { cocoId } from '@saltworks/core/formats/coco/categories';
import { instancesMask } from '@saltworks/core/formats/coco/instances';
import { encodePanopticPng } from '@saltworks/core/formats/panoptic-png';
import { asSeen } from '@saltworks/core/formats/spelling';
import { sha256Of } from '../objects/canonical.ts';
import { type CocoDocument, type ListedAnnotation, type ListedImage, readCoco } from './coco-document.ts';
import { type CocoFiles, cocoFiles, FileMissingError } from './coco-files.ts';
import type { WalkOptions } from './json-lists.ts';
import {
  isSameSize,
  type KnownMask,
  type Offer,
  otherSize,
  type Remark,
  type SourceFile,
  statedSize,
} from './offers.ts';
import { fileSource } from './sources.ts';

/**
 * The images that a COCO document lists, with their known masks: panoptic masks, else masks made of its instances. The
 * document may be larger than memory. `cocoFiles` finds the files.
 *
 * @param images the folder of the images, if they do not lie beside the document
 * @param within a real path: no file outside of it is read
 * @throws InvalidInputError if this is no COCO document, or a category has no name or no id of its own
 */
export async function cocoSource(
  path: string,
  { images, within, ...options }: WalkOptions & { images?: string; within?: string } = {},
): Promise<{ files: AsyncGenerator<Offer>; categories: Category[] }> {
  const document = await readCoco(path, options);
  const find = cocoFiles(path, { images, isPanoptic: document.isPanoptic, within });
  async function* files(): AsyncGenerator<Offer> {
    const name = basename(path);
    if (document.note) yield { name, note: document.note };
    const pictures = listedPictures(document.images);
    const shared = sharedIds(pictures);
    const paths = new Map<string, string>();
    for (const entries of pictures) {
      const [{ id, file_name }] = entries;
      try {
        const found = await find.image(file_name);
        const other = paths.get(found.name) ?? found.path;
        if (other !== found.path) {
          throw new InvalidInputError(
            `${file_name} would be ${found.name}, as ${other} is; expected names that differ`,
          );
        }
        paths.set(found.name, found.path);
        const file = await fileSource(found.path, found.name, within);
        const clash = entries.find(({ id }) => shared.has(cocoId(id)) && document.annotated.has(cocoId(id)));
        const known = clash
          ? { truth: noMask(`its id ${JSON.stringify(clash.id)} is another image's, too; no known mask is taken`) }
          : await knownMask(document, entries, find);
        // A changed mask makes a new version, although the image's bytes are the same.
        const version = known?.drawing ? `${file.version} ${known.drawing}` : file.version;
        yield { ...file, version, truth: known?.truth };
      } catch (error) {
        const listed = typeof file_name === 'string' && file_name !== '' ? file_name : `image ${JSON.stringify(id)}`;
        yield { name: listed, version: 'missing', read: () => Promise.reject(error) };
      }
    }
    yield* strays(name, document);
  }
  return { files: files(), categories: document.categories };
}

/** Entries of one file are one picture, with the annotations of all. */
function listedPictures(images: readonly ListedImage[]): ListedImage[][] {
  const pictures = new Map<unknown, ListedImage[]>();
  for (const image of images) {
    const { file_name: name } = image;
    const file = typeof name === 'string' && name !== '' ? posix.normalize(asSeen(name)) : image;
    const entries = pictures.get(file);
    if (entries) entries.push(image);
    else pictures.set(file, [image]);
  }
  return [...pictures.values()];
}

/** Ids that several pictures share, so that the owner of an annotation is unknown. */
function sharedIds(pictures: readonly ListedImage[][]): Set<unknown> {
  const known = new Set<unknown>();
  const shared = new Set<unknown>();
  for (const entries of pictures) {
    const own = new Set(entries.map(({ id }) => cocoId(id)));
    for (const id of own) (known.has(id) ? shared : known).add(id);
  }
  return shared;
}

interface Known {
  truth: SourceFile['truth'];
  /** Changes when the mask may have changed. */
  drawing?: string;
}

const noMask =
  (note: string): SourceFile['truth'] =>
  async () => ({ notes: [note] });

/** The mask that a document has for a picture, if any. */
async function knownMask(
  document: CocoDocument,
  entries: readonly ListedImage[],
  find: CocoFiles,
): Promise<Known | undefined> {
  function* annotations(): Generator<ListedAnnotation> {
    for (const { id } of entries) yield* document.annotationsOf(id);
  }
  const drawing = createHash('sha256');
  let before = '[';
  for (const annotation of annotations()) {
    if (Array.isArray(annotation.segments_info)) return panoptic(document, entries[0], annotation, find);
    drawing.update(before + JSON.stringify(annotation));
    before = ',';
  }
  if (before === '[') return undefined;
  drawing.update(']');
  return { truth: instances(document, entries[0], annotations), drawing: drawing.digest('hex').slice(0, 16) };
}

function instances(
  { ids, categories }: CocoDocument,
  image: ListedImage,
  annotations: () => Iterable<ListedAnnotation>,
): SourceFile['truth'] {
  const said = statedSize(image);
  return async (size): Promise<KnownMask> => {
    const whole = size ?? said;
    if (!whole) return { notes: ['its size is not known; its known mask is not taken'] };
    if (said && !isSameSize(said, whole)) return { notes: [otherSize('the document says', said, whole)] };
    const { mask, segments, notes } = instancesMask(annotations(), whole, ids);
    if (segments.length === 0) return { notes };
    return {
      png: encodePanopticPng(mask),
      segments: segments.map((one) => renumbered(one, ids)),
      ...{ categories, source: sourceOf(image), notes },
    };
  };
}

async function panoptic(
  { ids, categories }: CocoDocument,
  image: ListedImage,
  annotation: ListedAnnotation,
  find: CocoFiles,
): Promise<Known> {
  const { file_name, segments_info = [] } = annotation;
  let path: string;
  try {
    ({ path } = await find.mask(file_name));
  } catch (error) {
    // The image fails as well, so that a later import takes the mask once its file is there.
    if (error instanceof FileMissingError || !(error instanceof InvalidInputError)) throw error;
    return { truth: noMask(`its known mask: ${error.message}; it is not taken`) };
  }
  const { size, mtimeMs } = await stat(path);
  const drawing = sha256Of(JSON.stringify([annotation, size, mtimeMs])).slice(0, 16);
  const segments = segments_info.filter(({ category_id }) => ids.has(cocoId(category_id)));
  const notes = segments_info
    .filter((segment) => !segments.includes(segment))
    .map(({ id, category_id }) => `segment ${id} has category ${JSON.stringify(category_id)}, ${unlisted}`);
  const truth = async (): Promise<KnownMask> => ({
    png: await readFile(path),
    segments: segments.map((segment) => renumbered(segment, ids)),
    ...{ categories, source: sourceOf(image), notes },
  });
  return { truth, drawing };
}

const unlisted = 'which is not in the document; it is left out';

/** With our category instead of the document's. */
const renumbered = (segment: TruthSegment, ids: CocoDocument['ids']): TruthSegment => ({
  ...segment,
  category_id: ids.get(cocoId(segment.category_id)) as number,
});

const sourceOf = ({ source }: ListedImage): string | undefined =>
  typeof source === 'string' && source !== '' ? source : undefined;

/** Annotations of images that the document does not list: a line for each image. */
function* strays(name: string, { images, annotated, annotationsOf }: CocoDocument): Generator<Remark> {
  const listed = new Set(images.map(({ id }) => cocoId(id)));
  for (const image of annotated.keys()) {
    if (listed.has(image)) continue;
    let count = 0;
    let first: ListedAnnotation | undefined;
    for (const annotation of annotationsOf(image)) {
      first ??= annotation;
      count++;
    }
    const one = first?.id === undefined ? 'an annotation' : `annotation ${JSON.stringify(first.id)}`;
    const which = count === 1 ? `${one} is` : `${one} and ${count - 1} more are`;
    yield { name, note: `${which} of image ${JSON.stringify(image)}, which is not in the document` };
  }
}
