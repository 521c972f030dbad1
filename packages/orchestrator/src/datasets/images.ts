/**
 * The images of a dataset with the masks of one mask set, page by page. What filters ask is told by the cheapest first: names by the
 * shard, tags and work by one query a shard, states by the mask set's report, and what masks show by facts that the database keeps.
 */

import type { Page } from '@saltworks/contract/api/fields';
import type { DatasetFilter } from '@saltworks/contract/api/filters';
import type { DatasetImageInfo } from '@saltworks/contract/api/mask-sets';
import type { NamedImage } from '@saltworks/contract/documents/dataset';
import { maskDocument } from '@saltworks/contract/documents/masks';
import { type MaskReport, maskReport } from '@saltworks/contract/documents/reports';
import { maskKey, maskReportKey } from '@saltworks/contract/layout';
import { asSeen } from '@saltworks/core/formats/spelling';
import { isCurrent } from '@saltworks/store/datasets/dataset';
import { inOrder } from '@saltworks/store/in-order';
import { readDocument } from '@saltworks/store/objects/documents';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Kysely } from 'kysely';
import { namedSegments } from '../campaigns/tasks/mask-segments.ts';
import type { Schema } from '../db/schema.ts';
import { havingTag, tagsOf } from '../filters/tags.ts';
import { workedOn } from '../filters/work.ts';
import { categoriesIn, factsOf, type MaskFacts } from './mask-facts.ts';
import type { Shards, Stand } from './shards.ts';

export interface ImageQuery extends DatasetFilter {
  /** The last image of the page before. */
  after?: number;
  limit: number;
}

export interface ImageDeps {
  db: Kysely<Schema>;
  store: ObjectStore;
  shards: Shards;
}

/** Documents of masks that are read side by side. */
const atOnce = 16;
/** Shards, and documents of masks, that one request reads at most; a shard that is begun is read to its end. */
const most = { shards: 32, documents: 400 };

export const readReport = (store: ObjectStore, dataset: string, recipe: string, shard: number) =>
  readDocument(store, maskReportKey(dataset, recipe, shard), maskReport);

/** @param campaigns over the dataset that the caller reviews: those whose work counts */
export async function listImages(
  deps: ImageDeps,
  dataset: Stand,
  { limit, ...query }: ImageQuery,
  campaigns: readonly string[],
): Promise<Page<DatasetImageInfo>> {
  const items: DatasetImageInfo[] = [];
  for await (const { images, last, next } of fittingParts(deps, dataset, query, campaigns)) {
    for (const image of images) {
      items.push(image);
      if (items.length < limit) continue;
      return { items: await describeAll(deps, dataset.name, items), next: String(image.id) };
    }
    if (next === 'later') return { items: await describeAll(deps, dataset.name, items), next: String(last) };
  }
  return { items: await describeAll(deps, dataset.name, items), next: null };
}

/** How many images of a dataset fit, of as many as one request looks at. */
export async function countImages(
  deps: ImageDeps,
  dataset: Stand,
  query: Omit<ImageQuery, 'limit'>,
  campaigns: readonly string[],
): Promise<{ images: number; next: string | null }> {
  let found = 0;
  for await (const { images, last, next } of fittingParts(deps, dataset, query, campaigns)) {
    found += images.length;
    if (next === 'later') return { images: found, next: String(last) };
  }
  return { images: found, next: null };
}

/** The numbers of all images of a dataset that fit, ascending. */
export async function fittingImages(
  deps: ImageDeps,
  dataset: Stand,
  filter: DatasetFilter,
  campaigns: readonly string[],
): Promise<number[]> {
  const found: number[] = [];
  for await (const { images } of fittingParts(deps, dataset, filter, campaigns, {
    shards: Infinity,
    documents: Infinity,
  })) {
    for (const { id } of images) found.push(id);
  }
  return found;
}

interface Part {
  /** Those of a shard that fit, without what their masks' documents say. */
  images: DatasetImageInfo[];
  /** The number of the shard's last image. */
  last: number;
  /** `later`: there are more shards, and the request has looked at enough. */
  next: 'more' | 'later';
}

/** The images that fit, a shard at a time. */
async function* fittingParts(
  { db, store, shards }: ImageDeps,
  dataset: Stand,
  { after = 0, ...filter }: Omit<ImageQuery, 'limit'>,
  campaigns: readonly string[],
  bound = most,
): AsyncGenerator<Part> {
  const { recipe, name, tag } = filter;
  const first = await shards.find(dataset, after + 1);
  let documents = 0;
  for (let shard = first ?? dataset.shards; shard < dataset.shards; shard++) {
    const images = await shards.read(dataset, shard);
    const last = images.at(-1)?.id ?? after;
    let fit = images.filter((image) => image.id > after && isCurrent(image) && isNamed(image, name));
    if (tag !== undefined && fit.length > 0) fit = await havingTag(db, { dataset: dataset.name, tag }, fit);
    if (fit.length > 0) fit = await workedOn(db, campaigns, filter, fit);
    const report =
      recipe === undefined || fit.length === 0 ? undefined : await readReport(store, dataset.name, recipe, shard);
    const candidates = fit.map((image) => seen(image, report)).filter((image) => mayFit(image, report, filter));
    const facts = readsMasks(filter) ? await factsOf({ db, store }, candidates) : undefined;
    documents += facts?.read ?? 0;
    const enough = shard + 1 - (first ?? 0) >= bound.shards || documents >= bound.documents;
    yield {
      images: facts ? candidates.filter(({ mask }) => fits(facts.of.get(mask ?? ''), filter)) : candidates,
      last,
      next: enough && shard + 1 < dataset.shards ? 'later' : 'more',
    };
  }
}

const isNamed = ({ name, names }: NamedImage, part: string | undefined): boolean =>
  part === undefined || [name, ...names.map((each) => each.name)].some((each) => plain(each).includes(plain(part)));

/** The same for names that differ in case, or in how letters are composed. */
const plain = (name: string): string => asSeen(name).toLowerCase();

/** An image as the shard's report describes it. */
function seen({ id, name, names, sha256 }: NamedImage, report: MaskReport | undefined): DatasetImageInfo {
  const mask = report?.masks.find((each) => each.sha256 === sha256)?.mask ?? null;
  const reason = report?.failures.find((each) => each.sha256 === sha256)?.reason ?? null;
  const state = mask !== null ? 'masked' : reason !== null ? 'failed' : 'none';
  const also = names.map((each) => each.name).filter((each) => each !== name);
  return {
    id,
    name,
    ...(also.length > 0 && { also }),
    sha256,
    state,
    reason,
    mask,
    categories: [],
    segments: [],
    uncertainty: null,
  };
}

const readsMasks = ({ category, uncertain }: DatasetFilter): boolean =>
  category !== undefined || uncertain !== undefined;

/** Whether an image may fit, judged without its mask's document. */
function mayFit({ state, mask }: DatasetImageInfo, report: MaskReport | undefined, filter: DatasetFilter): boolean {
  if (filter.state !== undefined && filter.state !== state) return false;
  if (!readsMasks(filter)) return true;
  if (mask === null) return false;
  return filter.category === undefined || !!report?.categories.some(({ name }) => name === filter.category);
}

const fits = (facts: MaskFacts | undefined, { category, uncertain }: DatasetFilter): boolean =>
  facts !== undefined &&
  (category === undefined || facts.categories.includes(category)) &&
  (uncertain === undefined || (facts.uncertainty !== null && facts.uncertainty >= uncertain));

/** Adds what their masks' documents say, and their tags. */
async function describeAll(
  { db, store }: ImageDeps,
  dataset: string,
  images: readonly DatasetImageInfo[],
): Promise<DatasetImageInfo[]> {
  const tags = await tagsOf(
    db,
    dataset,
    images.map(({ id }) => id),
  );
  const found: DatasetImageInfo[] = [];
  for await (const image of inOrder(images, atOnce, (each) => describe(store, each))) {
    const own = tags.get(image.id);
    found.push(own ? { ...image, tags: own } : image);
  }
  return found;
}

async function describe(store: ObjectStore, image: DatasetImageInfo): Promise<DatasetImageInfo> {
  if (image.mask === null) return image;
  const document = await readDocument(store, maskKey(image.mask, '.json'), maskDocument);
  const segments = document ? namedSegments(document) : [];
  const categories = document ? categoriesIn(document) : [];
  return { ...image, categories, segments, uncertainty: document?.uncertainty ?? null };
}
