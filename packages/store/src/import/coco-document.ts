/** A COCO document of any size: its lists, and the places of its annotations in the file. */
import type { TruthSegment } from '@saltworks/contract/documents/truth';
import { InvalidInputError } from '@saltworks/contract/errors';
import { type CocoCategories, cocoCategories, cocoId } from '@saltworks/core/formats/coco/categories';
import type { CocoAnnotation } from '@saltworks/core/formats/coco/instances';
import { entriesAt, type Place, type WalkOptions, walkLists } from './json-lists.ts';

/** As it stands in the document, unchecked. */
export interface ListedImage {
  id?: unknown;
  file_name?: unknown;
  width?: unknown;
  height?: unknown;
  source?: unknown;
}

/** Unchecked, too. */
export interface ListedAnnotation extends CocoAnnotation {
  file_name?: unknown;
  segments_info?: TruthSegment[];
}

export interface CocoDocument extends CocoCategories {
  images: ListedImage[];
  /** Whether there are panoptic annotations. */
  isPanoptic: boolean;
  /** By the image ids that annotations name, as `cocoId` reads them. */
  annotated: ReadonlyMap<unknown, unknown>;
  /** The annotations of an image, in their order, read from the file one at a time. */
  annotationsOf(image: unknown): Iterable<ListedAnnotation>;
}

/** @throws InvalidInputError if this is no COCO document */
export async function readCoco(path: string, options?: WalkOptions): Promise<CocoDocument> {
  const images: ListedImage[] = [];
  const categories: object[] = [];
  const annotated = new Map<unknown, Places>();
  let isPanoptic = false;
  const take = (list: string, entry: object, place: Place) => {
    if (list === 'categories') categories.push(entry);
    else if (list === 'images') {
      const { id, file_name, width, height, source } = entry as ListedImage;
      images.push({ id, file_name, width, height, source });
    } else {
      const { image_id, segments_info } = entry as ListedAnnotation;
      isPanoptic ||= segments_info !== undefined;
      const id = cocoId(image_id);
      const places = annotated.get(id);
      if (places) places.push(place.from, place.to);
      else annotated.set(id, [place.from, place.to]);
    }
  };
  let members: Set<string>;
  try {
    members = await walkLists(path, ['images', 'annotations', 'categories'], take, options);
  } catch (error) {
    options?.signal?.throwIfAborted();
    throw new InvalidInputError(`${path}: ${(error as Error).message}; expected a COCO document`);
  }
  if (!members.has('images')) {
    throw new InvalidInputError(`${path}: expected a COCO document with images, annotations and categories`);
  }
  const annotationsOf = (image: unknown) => entriesAt(path, inPairs(annotated.get(cocoId(image)) ?? []));
  return { ...numbered(path, categories), images, isPanoptic, annotated, annotationsOf };
}

function numbered(path: string, categories: readonly object[]): CocoCategories {
  try {
    return cocoCategories(categories);
  } catch (error) {
    throw error instanceof InvalidInputError ? new InvalidInputError(`${path}: ${error.message}`) : error;
  }
}

/** The places of annotations as numbers, two each: there are millions. */
type Places = number[];

function* inPairs(places: Places): Generator<Place> {
  for (let i = 0; i < places.length; i += 2) yield { from: places[i], to: places[i + 1] };
}
