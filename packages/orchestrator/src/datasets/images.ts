/** The images of a dataset with the masks of one mask set, page by page. */

import type { Page } from '@saltworks/contract/api/fields';
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
import { namedSegments } from '../campaigns/tasks/mask-segments.ts';
import type { Shards, Stand } from './shards.ts';

export interface ImageQuery {
  /** Names the mask set. */
  recipe?: string;
  /** The last image of the page before. */
  after?: number;
  limit: number;
  /** A part of a name of the image, in any case. */
  name?: string;
  state?: DatasetImageInfo['state'];
  /** Name of a category in the mask. */
  category?: string;
  /** Least uncertainty, 0 … 1. */
  uncertain?: number;
}

/** Shards, and documents of masks, that one request reads at most. */
const most = { shards: 32, documents: 400 };
/** Documents of masks that are read side by side. */
const atOnce = 16;

export const readReport = (store: ObjectStore, dataset: string, recipe: string, shard: number) =>
  readDocument(store, maskReportKey(dataset, recipe, shard), maskReport);

export async function listImages(
  store: ObjectStore,
  shards: Shards,
  dataset: Stand,
  query: ImageQuery,
): Promise<Page<DatasetImageInfo>> {
  const { recipe, after = 0, limit } = query;
  const items: DatasetImageInfo[] = [];
  let documents = 0;
  let last = after;
  const first = await shards.find(dataset, after + 1);
  for (let shard = first ?? dataset.shards; shard < dataset.shards; shard++) {
    if (shard - (first ?? 0) === most.shards) return { items, next: String(last) };
    const images = (await shards.read(dataset, shard)).filter(({ id }) => id > after);
    const report = recipe === undefined ? undefined : await readReport(store, dataset.name, recipe, shard);
    const current = images.filter((image) => isCurrent(image) && isNamed(image, query.name));
    const candidates = current.map((image) => seen(image, report)).filter((image) => mayFit(image, report, query));
    const described = inOrder(candidates, Math.min(atOnce, limit), (image) => describe(store, image));
    for await (const image of described) {
      if (image.mask !== null) documents++;
      last = image.id;
      if (fits(image, query)) items.push(image);
      if (items.length === limit || documents === most.documents) return { items, next: String(last) };
    }
    last = images.at(-1)?.id ?? last;
  }
  return { items, next: null };
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

/** Whether an image may fit, judged without its mask's document. */
function mayFit({ state, mask }: DatasetImageInfo, report: MaskReport | undefined, query: ImageQuery): boolean {
  if (query.state !== undefined && query.state !== state) return false;
  if (query.category === undefined && query.uncertain === undefined) return true;
  if (mask === null) return false;
  return query.category === undefined || !!report?.categories.some(({ name }) => name === query.category);
}

const fits = ({ categories, uncertainty }: DatasetImageInfo, { category, uncertain }: ImageQuery): boolean =>
  (category === undefined || categories.includes(category)) &&
  (uncertain === undefined || (uncertainty !== null && uncertainty >= uncertain));

async function describe(store: ObjectStore, image: DatasetImageInfo): Promise<DatasetImageInfo> {
  if (image.mask === null) return image;
  const document = await readDocument(store, maskKey(image.mask, '.json'), maskDocument);
  const segments = document ? namedSegments(document) : [];
  const used = new Set(segments.map(({ category }) => category));
  const categories = [...new Set((document?.categories ?? []).map(({ name }) => name))].filter((name) =>
    used.has(name),
  );
  return { ...image, categories, segments, uncertainty: document?.uncertainty ?? null };
}
