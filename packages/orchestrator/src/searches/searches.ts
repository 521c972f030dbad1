/** Searches by example: asked for over the API, and what came of them. */
import type { NewSearch, Search } from '@saltworks/contract/api/searches';
import type { NamedImage } from '@saltworks/contract/documents/dataset';
import { maskDocument } from '@saltworks/contract/documents/masks';
import { encodeRegion, regionBox, regionEnd } from '@saltworks/contract/documents/run-lengths';
import type { SearchQuery } from '@saltworks/contract/documents/searches';
import { InvalidInputError } from '@saltworks/contract/errors';
import { defaultBackbone } from '@saltworks/contract/kinds';
import { keysId, maskKey, reportsPrefix } from '@saltworks/contract/layout';
import { rasterise } from '@saltworks/core/seeds/seeds';
import { isCurrent } from '@saltworks/store/datasets/dataset';
import { readDocument } from '@saltworks/store/objects/documents';
import { folderNames } from '@saltworks/store/objects/folder-names';
import { findQuery, readSearchReport, writeQuery } from '@saltworks/store/searches/searches';
import { expectSeen } from '../api/access.ts';
import type { User } from '../api/auth.ts';
import type { Deps } from '../api/routes.ts';
import { readReport } from '../datasets/images.ts';
import { ConflictError, NotFoundError } from '../errors.ts';
import { runId } from '../runs/ids.ts';
import { settingsOfKeys } from '../runs/settle.ts';
import { runWindow, searchDataset } from '../runs/start.ts';

type Example = Exclude<NewSearch, { again: string }>;
interface Size {
  width: number;
  height: number;
}

/**
 * Starts a search, or joins the one for the same that is under way.
 *
 * @returns its id, and that of its run
 * @throws NotFoundError if there is no such image, mask, segment, set of keys or earlier search; ConflictError if the image has no keys
 *   that can be compared; InvalidInputError if the example has no pixel of the image
 */
export async function startSearch(
  deps: Deps,
  dataset: string,
  asked: NewSearch,
  user: User,
): Promise<{ id: string; run: string }> {
  const { store, client } = deps;
  const id = 'again' in asked ? asked.again : await writeQuery(store, await queryOf(deps, dataset, asked, user));
  const { extract } = await queryAt(deps, dataset, id);
  const run = await searchDataset(client, { dataset, extract, query: id, window: runWindow });
  return { id, run: run.id };
}

/** @throws NotFoundError if there is no such search */
export async function describeSearch({ store, runs }: Deps, dataset: string, id: string): Promise<Search> {
  const { image, width, height, box, top, extract } = await queryAt({ store }, dataset, id);
  const run = await runs.find(dataset, runId('search', dataset, id)).catch((error) => {
    if (error instanceof NotFoundError) return null;
    throw error;
  });
  const over = run === null || run.state === 'done';
  const report = over ? await readSearchReport(store, { dataset, query: id }) : undefined;
  return {
    ...{ id, keys: keysId(extract.backbone, extract), top, run },
    example: { image: image.id, name: image.name, width, height, box },
    found: report
      ? {
          ...{ images: report.images, compared: report.compared },
          results: report.results.map(({ image: name, id: image, sha256: _, ...place }) => ({ image, name, ...place })),
        }
      : null,
  };
}

async function queryAt({ store }: Pick<Deps, 'store'>, dataset: string, id: string): Promise<SearchQuery> {
  const query = await findQuery(store, { dataset, query: id });
  if (!query) throw new NotFoundError(`no search ${id} of ${dataset}; expected one that was asked for`);
  return query;
}

async function queryOf(deps: Deps, dataset: string, asked: Example, user: User): Promise<Omit<SearchQuery, 'version'>> {
  const { image, shard } = await deps.shards.image(dataset, asked.image);
  if (!isCurrent(image)) throw new NotFoundError(`image ${image.id} is a former version; expected one of ${dataset}`);
  const { keys, size } = await keysFor(deps, dataset, image, asked.keys);
  const extract = await settingsOfKeys(deps, keys);
  const { id, sha256, name, object } = image;
  const of = { dataset, extract, image: { id, sha256, name, object }, ...size, top: asked.top ?? 50 };
  if ('segment' in asked)
    return { ...of, ...(await segmentOf(deps, { dataset, image, shard }, asked, { size, user })) };
  const region = 'stroke' in asked ? pixelsOf(asked.stroke, size) : asked.region;
  const pixels = size.width * size.height;
  const box = regionBox(region, size.width);
  if (regionEnd(region) > pixels || box[2] === 0) {
    throw new InvalidInputError(
      `an example of ${box[2] === 0 ? 'no pixel' : `pixels up to ${regionEnd(region)}`}; expected some of the ${pixels} of image ${id}`,
    );
  }
  return { ...of, region, box };
}

/** The keys that are compared, and the image's size as they know it. Of those that are not asked for, the default backbone's come first. */
async function keysFor(
  { store, imageSize }: Deps,
  dataset: string,
  { sha256, name }: NamedImage,
  asked: string | undefined,
): Promise<{ keys: string; size: Size }> {
  const ids: string[] = [];
  for await (const id of folderNames(store, reportsPrefix(dataset, 'extracted'))) ids.push(id);
  if (asked !== undefined && !ids.includes(asked)) {
    throw new NotFoundError(`no keys ${asked} of ${dataset}; expected ${ids.join(' or ') || 'a run that makes some'}`);
  }
  const known = asked !== undefined ? [asked] : ids.sort((a, b) => +(b === defaultBackbone) - +(a === defaultBackbone));
  for (const keys of known.filter((id) => !/\+pca-/.test(id))) {
    const size = await imageSize(sha256, keys);
    if (size) return { keys, size };
  }
  throw new ConflictError(
    known.some((id) => /\+pca-/.test(id))
      ? `keys ${known.join(', ')} of ${name}; expected some kept as float16 or int8: axes of pca are each image's own`
      : `image ${name} has no keys yet; expected them to be extracted`,
  );
}

/** A segment of the image's mask of one set, with the box around it; the worker reads its pixels. */
async function segmentOf(
  { db, store }: Deps,
  { dataset, image, shard }: { dataset: string; image: NamedImage; shard: number },
  { recipe, segment }: { recipe: string; segment: number },
  { size, user }: { size: Size; user: User },
): Promise<Pick<SearchQuery, 'segment' | 'box'>> {
  await expectSeen(db, user, recipe);
  const report = await readReport(store, dataset, recipe, shard);
  const mask = report?.masks.find(({ sha256 }) => sha256 === image.sha256)?.mask;
  const document = mask && (await readDocument(store, maskKey(mask, '.json'), maskDocument));
  if (!mask || !document) throw new NotFoundError('no such mask');
  const found = document.segments_info.find(({ id }) => id === segment);
  if (!found) {
    const ids = document.segments_info.map(({ id }) => id).slice(0, 20);
    throw new NotFoundError(`no segment ${segment} in the mask of ${image.name}; expected one of ${ids.join(', ')}`);
  }
  const { width, height } = document.image;
  if (width !== size.width || height !== size.height) {
    throw new ConflictError(
      `a mask of ${width} × ${height} pixels; expected ${size.width} × ${size.height}, the image's`,
    );
  }
  const [left, top, across, down] = found.bbox;
  return { segment: { mask, id: segment }, box: [left, top, left + across, top + down] };
}

/** The pixels of a stroke, as run lengths. */
function pixelsOf({ points, radius }: { points: [number, number][]; radius: number }, image: Size): number[] {
  const segments = [{ id: 1, category: 'example', isthing: true }];
  return encodeRegion(rasterise({ image, segments, strokes: [{ segment: 1, points, radius }] }).owner, 1);
}
