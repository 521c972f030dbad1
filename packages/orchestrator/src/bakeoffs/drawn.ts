/** Images that were drawn on, as far as a sample needs them: never all of a large campaign or dataset at once. */
import type { Campaign } from '@saltworks/contract/api/campaigns';
import type { BakeoffImage } from '@saltworks/contract/documents/bakeoffs';
import type { Dataset } from '@saltworks/contract/documents/dataset';
import { parseScribbles } from '@saltworks/contract/documents/scribbles';
import { InvalidInputError } from '@saltworks/contract/errors';
import {
  allScribblesPrefix,
  drawingKey,
  parseScribblesKey,
  type ScribblesExtension,
  shardOfScribbles,
  truthPrefix,
} from '@saltworks/contract/layout';
import { readShard } from '@saltworks/store/datasets/dataset';
import { Fingerprints } from '@saltworks/store/datasets/fingerprints';
import { truthId } from '@saltworks/store/datasets/truth';
import { inOrder } from '@saltworks/store/in-order';
import { ObjectMissingError, type ObjectStore } from '@saltworks/store/objects/store';
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../db/schema.ts';
import { type Candidate, leastOf } from './choose.ts';

/** A drawn image, with the bytes of its strokes. */
export interface Drawn extends Candidate {
  image: Pick<BakeoffImage, 'id' | 'sha256' | 'name' | 'object' | 'extension' | 'known' | 'accepted'>;
  strokes: Uint8Array;
}

/** @property count images that were drawn on; `some` of them, from which a sample can be chosen */
export interface DrawnImages {
  count: number;
  some: Drawn[];
}

/** Calls to the store side by side. */
const atOnce = 16;

interface Wanted {
  seed: number;
  /** Of each kind: known, accepted, any. */
  most: number;
}

/** Of a campaign: the accepted drawing of an image, else the one that was handed in last. */
export async function drawnInCampaign(
  { db, store }: { db: Kysely<Schema>; store: ObjectStore },
  { id, dataset }: Campaign,
  { seed, most }: Wanted,
): Promise<DrawnImages> {
  const handed = sql`
    select distinct on (task.id) task.image_id as id, task.sha256, task.name, task.object, task.honeypot,
      assignment.id as assignment, assignment.n, assignment.state, assignment.mask
    from assignment join task on task.id = assignment.task
    where assignment.campaign = ${id} and assignment.state in ('submitted', 'accepted')
      and assignment.mask is not null and not task.former
    order by task.id, (assignment.state = 'accepted') desc, assignment.submitted desc, assignment.id`;
  interface Row extends Pick<BakeoffImage, 'id' | 'sha256' | 'name' | 'object'> {
    assignment: string;
    n: number;
    state: string;
    mask: string;
  }
  const { rows: counted } = await sql<{ count: string }>`select count(*) from (${handed}) handed`.execute(db);
  const rows = new Map<string, Row>();
  for (const which of [sql`honeypot`, sql`state = 'accepted'`, sql`true`]) {
    // The same place as `placeOf` gives.
    const found = await sql<Row>`select * from (${handed}) handed where ${which}
      order by encode(sha256(convert_to(${`${seed}/`} || sha256, 'UTF8')), 'hex') limit ${most}`.execute(db);
    for (const row of found.rows) rows.set(row.sha256, row);
  }
  const some: Drawn[] = [];
  const read = async ({ assignment, n, state, mask, ...row }: Row) => {
    const { id, sha256, name, object } = row;
    const known = await truthId(store, { dataset, sha256 });
    const accepted = state === 'accepted' ? mask : undefined;
    return drawnOf(store, drawingKey(assignment, n), {
      ...{ id, sha256, name, object, extension: '.json' },
      ...(known !== undefined && { known }),
      ...(accepted !== undefined && { accepted }),
    });
  };
  for await (const one of inOrder(rows.values(), atOnce, read)) if (one) some.push(one);
  return { count: Number(counted[0].count), some };
}

/** Of a dataset: the scribbles that came with it. */
export async function drawnInDataset(
  store: ObjectStore,
  { name: dataset }: Pick<Dataset, 'name'>,
  { seed, most }: Wanted,
): Promise<DrawnImages> {
  const known = new Fingerprints();
  for await (const { key } of store.list(truthPrefix(dataset))) {
    if (key.endsWith('.png')) known.add(Buffer.from(parseScribblesKey(key).sha256, 'hex'));
  }
  interface Found {
    sha256: string;
    key: string;
    extension: ScribblesExtension;
  }
  const kinds = [leastOf<Found>(most, seed), leastOf<Found>(most, seed)];
  let count = 0;
  for await (const { key } of store.list(allScribblesPrefix(dataset))) {
    const found = { key, ...parseScribblesKey(key) };
    count++;
    kinds[known.has(Buffer.from(found.sha256, 'hex')) ? 0 : 1].add(found);
  }
  const read = async ({ sha256, key, extension }: Found) => {
    const image = (await readShard(store, dataset, shardOfScribbles(key))).find((image) => image.sha256 === sha256);
    // A former version: its file changed since.
    if (!image) return undefined;
    const { id, name, object } = image;
    const truth = await truthId(store, { dataset, sha256 });
    return drawnOf(store, key, {
      ...{ id, sha256, name, object, extension },
      ...(truth !== undefined && { known: truth }),
    });
  };
  const some: Drawn[] = [];
  for await (const one of inOrder(
    kinds.flatMap((kind) => kind.items()),
    atOnce,
    read,
  ))
    if (one) some.push(one);
  return { count, some };
}

/** Undefined where the strokes are gone, or cannot be read. */
async function drawnOf(store: ObjectStore, key: string, image: Drawn['image']): Promise<Drawn | undefined> {
  try {
    const strokes = await store.get(key);
    return {
      ...{ image, strokes, sha256: image.sha256 },
      known: image.known !== undefined,
      accepted: image.accepted !== undefined,
      classes: image.extension === '.json' ? classesOf(strokes) : [],
    };
  } catch (error) {
    if (error instanceof ObjectMissingError || error instanceof InvalidInputError) return undefined;
    throw error;
  }
}

const classesOf = (strokes: Uint8Array): string[] => [
  ...new Set(parseScribbles(strokes).segments.map(({ category }) => category)),
];
