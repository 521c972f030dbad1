/** The end of an assignment with a mask. */
import type { Campaign } from '@saltworks/contract/api/campaigns';
import type { Drawing } from '@saltworks/contract/api/interactions';
import { maskDocument } from '@saltworks/contract/documents/masks';
import { maskKey } from '@saltworks/contract/layout';
import { type Labels, missingValue } from '@saltworks/core/drawing/attributes';
import { countedAs } from '@saltworks/core/drawing/classes';
import { readDocument } from '@saltworks/store/objects/documents';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Kysely, Transaction } from 'kysely';
import { audit } from '../../accounts/audit.ts';
import type { Schema } from '../../db/schema.ts';
import { ConflictError } from '../../errors.ts';
import { settleTasks } from '../tasks/count.ts';
import { addEvent } from './events.ts';
import { lockHeld } from './lock.ts';

/** @throws ConflictError if a value that the campaign requires is missing: of the first such segment */
export function expectValues(campaign: Labels, drawing: Drawing): void {
  const missing = missingValue(campaign, drawing);
  if (!missing) return;
  const { segment, attribute } = missing;
  const category = drawing.segments.find(({ id }) => id === segment)?.category;
  const name = category === undefined ? 'the image' : `${countedAs(campaign.categories, category)?.name} ${segment}`;
  throw new ConflictError(`${name} lacks ${attribute.name}; expected a value before handing in`, {
    segment,
    attribute: attribute.id,
  });
}

/** @throws ConflictError if the campaign refuses pixels of no segment, and the stored mask has some: `unlabelled` counts them */
export async function expectLabelled(
  store: ObjectStore,
  { unlabelled }: Pick<Campaign, 'unlabelled'>,
  mask: string,
): Promise<void> {
  if (unlabelled === 'allow') return;
  const document = await readDocument(store, maskKey(mask, '.json'), maskDocument);
  if (!document) throw new Error(`no document of mask ${mask}; expected one beside every mask`);
  const { image, segments_info } = document;
  const left = image.width * image.height - segments_info.reduce((sum, { area }) => sum + area, 0);
  if (left === 0) return;
  throw new ConflictError(
    `${left} ${left === 1 ? 'pixel belongs' : 'pixels belong'} to no segment; expected 0 before handing in`,
    { unlabelled: left },
  );
}

/**
 * @param n interactions that the mask is made of
 * @param uncertainty of the mask; left out, the recorded one
 * @throws ConflictError if the log has grown since
 */
export async function submitAssignment(
  db: Kysely<Schema>,
  id: string,
  { n, mask, uncertainty }: { n: number; mask: string; uncertainty?: number | null },
  now = new Date(),
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const row = await lockHeld(tx, id, now);
    if (row.n !== n) {
      throw new ConflictError(`assignment ${id} has ${row.n} interactions; expected the ${n} that are submitted`, {
        n: row.n,
      });
    }
    await tx
      .updateTable('assignment')
      .set({ state: 'submitted', mask, uncertainty, submitted: now, updated: now, corrector: null })
      .where('id', '=', id)
      .execute();
    await settleTasks(tx, row);
    await noteUncertainty(tx, row.task);
    await addEvent(tx, id, 'state', { state: 'submitted', mask });
    await audit(tx, {
      actor: row.corrector ?? row.user_id,
      action: 'assignment.submit',
      object: id,
      detail: { n, mask },
    });
  });
}

/** Records the highest uncertainty of a task's submitted masks; the task's row is locked. */
export async function noteUncertainty(tx: Transaction<Schema>, task: string): Promise<void> {
  await tx
    .updateTable('task')
    .set((eb) => ({
      uncertainty: eb
        .selectFrom('assignment')
        .select((each) => each.fn.max('assignment.uncertainty').as('uncertainty'))
        .where('assignment.task', '=', task)
        .where('assignment.state', 'in', ['submitted', 'accepted']),
    }))
    .where('id', '=', task)
    .execute();
}
