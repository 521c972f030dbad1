/** The log of an assignment's interactions: append-only, idempotent, in order. */

import { type Drawing, givenClient, type Interaction } from '@saltworks/contract/api/interactions';
import { type Attribute, misfit } from '@saltworks/contract/attributes';
import type { JournalEntry } from '@saltworks/contract/documents/journal';
import { regionArea, regionEnd } from '@saltworks/contract/documents/run-lengths';
import { replay } from '@saltworks/core/drawing/replay';
import type { Kysely, Transaction } from 'kysely';
import { interactionOf } from '../../db/json.ts';
import type { Schema } from '../../db/schema.ts';
import { ConflictError } from '../../errors.ts';
import { changesCategories, noteCategories } from '../tasks/categories.ts';
import { lockDrawable } from './leases.ts';
import { lockHeld } from './lock.ts';

/** Interactions of one browser window, numbered there from 1 without a gap. */
export interface Batch {
  /** Names the window. */
  client: string;
  interactions: { seq: number; interaction: Interaction }[];
}

export interface Appended {
  /** Interactions of the assignment now. */
  n: number;
  /** New interactions in the batch. */
  added: number;
  entries: JournalEntry[];
  drawing: Drawing;
}

/**
 * Appends the new interactions of a batch, all or none.
 *
 * @param until the new end of the lease
 * @throws ConflictError if the assignment has ended, a number is missing, or an interaction does not fit image or campaign
 */
export async function appendInteractions(
  db: Kysely<Schema>,
  assignment: string,
  { client, interactions }: Batch,
  { now = new Date(), until, size, categories, attributes = [] }: AppendOptions,
): Promise<Appended> {
  return db.transaction().execute(async (tx) => {
    const row = await lockDrawable(tx, assignment, until, now);
    const last = await lastSeq(tx, assignment, client);
    const added = interactions.filter(({ seq }) => seq > last);
    added.forEach(({ seq }, index) => {
      if (seq !== last + 1 + index) {
        throw new ConflictError(`interaction ${seq} of client ${client}; expected ${last + 1 + index}`, {
          expected: last + 1 + index,
        });
      }
    });
    for (const { interaction } of added) {
      checkInteraction(interaction, size, categories);
      checkValue(interaction, attributes);
    }
    const before = await readInteractions(tx, assignment);
    const news = added.map(({ interaction }) => interaction);
    const drawing = replay([...before, ...news]);
    if (news.some(changesCategories)) await noteCategories(tx, row, { before: replay(before), after: drawing });
    const entries = await addEntries(tx, row, { client, interactions: added }, now);
    return { n: row.n + entries.length, added: added.length, entries, drawing };
  });
}

/** Rows of one statement: its parameters are numbered with 16 bits. */
const rowsAtOnce = 1_000;

/** Writes the next entries of a log; the assignment's row is locked. */
async function addEntries(
  tx: Transaction<Schema>,
  { id: assignment, n, corrector }: { id: string; n: number; corrector: string | null },
  { client, interactions }: Batch,
  now: Date,
): Promise<JournalEntry[]> {
  const entries = interactions.map(({ seq, interaction }, index) => ({
    assignment,
    n: n + 1 + index,
    client,
    seq,
    kind: interaction.kind,
    body: interaction,
    received: now.toISOString(),
    ...(corrector !== null && { by: corrector }),
  }));
  for (let from = 0; from < entries.length; from += rowsAtOnce) {
    const rows = entries.slice(from, from + rowsAtOnce);
    await tx.insertInto('interaction').values(rows.map(rowOf)).execute();
  }
  await tx
    .updateTable('assignment')
    .set({ n: n + entries.length })
    .where('id', '=', assignment)
    .execute();
  return entries;
}

/** Begins an empty log with what nobody did. @returns the entries; none if somebody has begun it */
export async function beginInteractions(
  db: Kysely<Schema>,
  assignment: string,
  given: readonly Interaction[],
  now = new Date(),
): Promise<JournalEntry[]> {
  if (given.length === 0) return [];
  return db.transaction().execute(async (tx) => {
    const row = await lockHeld(tx, assignment, now);
    if (row.n > 0) return [];
    await noteCategories(tx, row, { before: replay([]), after: replay(given) });
    const interactions = given.map((interaction, index) => ({ seq: index + 1, interaction }));
    return addEntries(tx, row, { client: givenClient, interactions }, now);
  });
}

/** An entry as its table holds it. */
const rowOf = ({ by, body, ...entry }: JournalEntry) => ({ ...entry, user_id: by ?? null, body: JSON.stringify(body) });

interface AppendOptions {
  now?: Date;
  until: Date;
  /** Of the upright image, pixels. */
  size: { width: number; height: number };
  /** Ids of the campaign's categories. */
  categories: readonly number[];
  attributes?: readonly Attribute[];
}

async function lastSeq(tx: Transaction<Schema>, assignment: string, client: string): Promise<number> {
  const found = await tx
    .selectFrom('interaction')
    .select((eb) => eb.fn.max('seq').as('seq'))
    .where('assignment', '=', assignment)
    .where('client', '=', client)
    .executeTakeFirst();
  return found?.seq ?? 0;
}

function checkInteraction(
  interaction: Interaction,
  { width, height }: { width: number; height: number },
  categories: readonly number[],
): void {
  const names = interaction.kind === 'segment' || interaction.kind === 'classify';
  if (names && !categories.includes(interaction.category)) {
    throw new ConflictError(`category ${interaction.category}; expected one of ${categories.join(', ')}`);
  }
  if (interaction.kind === 'fill' || interaction.kind === 'split' || interaction.kind === 'lock') {
    const { region } = interaction;
    const [end, area] = [regionEnd(region), regionArea(region)];
    if (end > width * height || area === 0) {
      throw new ConflictError(
        `a region of ${area} pixels, the last being ${end}; expected at least one within ${width} × ${height}`,
      );
    }
  }
  if (interaction.kind !== 'stroke') return;
  const { points, polygon, exact, spread } = interaction;
  for (const [x, y] of points) {
    if (!(x >= 0 && x <= width && y >= 0 && y <= height)) {
      throw new ConflictError(`a point at ${x}, ${y}; expected one within ${width} × ${height}`);
    }
  }
  if (polygon && points.length < 3) {
    throw new ConflictError(`a polygon of ${points.length} points; expected at least three`);
  }
  if (spread === false && !exact)
    throw new ConflictError('spread is false; expected true of a stroke that is not exact');
}

function checkValue(interaction: Interaction, attributes: readonly Attribute[]): void {
  if (interaction.kind !== 'value') return;
  const { segment, attribute: id, value } = interaction;
  const of = segment === 0 ? 'image' : 'segment';
  const attribute = attributes.find((one) => one.id === id && one.of === of);
  if (!attribute) {
    const known = attributes.filter((one) => one.of === of).map((one) => one.id);
    throw new ConflictError(`attribute ${id} of the ${of}; expected one of ${known.join(', ') || 'none'}`);
  }
  const wrong = value === null ? undefined : misfit(attribute, value);
  if (wrong !== undefined) throw new ConflictError(`${attribute.name} is ${wrong}`);
}

/** All of an assignment's interactions, or its first n. */
export async function readInteractions(
  db: Kysely<Schema> | Transaction<Schema>,
  assignment: string,
  n?: number,
): Promise<Interaction[]> {
  let query = db.selectFrom('interaction').select('body').where('assignment', '=', assignment).orderBy('n');
  if (n !== undefined) query = query.where('n', '<=', n);
  return (await query.execute()).map(({ body }) => interactionOf(body));
}

/** The log itself: interactions with their windows, numbers and times. */
export async function readLog(db: Kysely<Schema>, assignment: string) {
  const rows = await db
    .selectFrom('interaction')
    .select(['n', 'client', 'seq', 'body', 'received', 'user_id'])
    .where('assignment', '=', assignment)
    .orderBy('n')
    .execute();
  return rows.map(({ received, body, user_id, ...row }) => ({
    ...row,
    ...(user_id !== null && { by: user_id }),
    interaction: interactionOf(body),
    received: received.toISOString(),
  }));
}

/** Puts an entry of the journal back if the database lost it. @returns whether it did */
export async function restoreInteraction(db: Kysely<Schema>, { body, ...entry }: JournalEntry): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const row = await tx
      .selectFrom('assignment')
      .select(['id', 'task', 'n'])
      .where('id', '=', entry.assignment)
      .forUpdate()
      .executeTakeFirst();
    // An assignment's entries come without a gap; after a gap they would replay to another drawing.
    if (row?.n !== entry.n - 1) return false;
    if (changesCategories(body)) {
      const before = await readInteractions(tx, row.id, row.n);
      await noteCategories(tx, row, { before: replay(before), after: replay([...before, body]) });
    }
    await tx
      .insertInto('interaction')
      .values(rowOf({ ...entry, body }))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await tx.updateTable('assignment').set({ n: entry.n }).where('id', '=', entry.assignment).execute();
    return true;
  });
}
