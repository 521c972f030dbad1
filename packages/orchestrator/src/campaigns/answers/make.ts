/** The two answers to a drawing: labels of the node grid while the annotator draws, and the mask once the pen rests. */
import { maskDocument } from '@saltworks/contract/documents/masks';
import { nodeLabels } from '@saltworks/contract/documents/node-labels';
import { InvalidInputError } from '@saltworks/contract/errors';
import { maskKey, nodeLabelsKey } from '@saltworks/contract/layout';
import { readDocument } from '@saltworks/store/objects/documents';
import type { ObjectStore } from '@saltworks/store/objects/store';
import type { Kysely } from 'kysely';
import { settingsOf } from '../../builds/settings.ts';
import type { Schema } from '../../db/schema.ts';
import { campaignFor } from '../assignments/pins.ts';
import type { Assignment } from '../assignments/read.ts';
import type { AssignmentWorkflows } from './assignment-workflows.ts';
import { putDrawing } from './drawings.ts';
import type { Hosts } from './hosts.ts';
import { recordAnswer, recordRefusal } from './record.ts';

export interface MakeDeps {
  db: Kysely<Schema>;
  store: ObjectStore;
  workflows: AssignmentWorkflows;
  hosts: Hosts;
}

/** A mask of the first n interactions. */
export interface DrawnMask {
  n: number;
  mask: string;
  /** As its document has it, 0 … 1. */
  uncertainty: number | null;
}

/**
 * Has the node grid labelled, and records the labels, or why there are none.
 *
 * @param tries from 1
 * @returns how many interactions that answers
 */
export async function labelNodes(deps: MakeDeps, assignment: Assignment, tries = 1): Promise<number> {
  const { db, store, workflows, hosts } = deps;
  const { id, n, image } = assignment;
  // Read each time: settings may change while an image is open.
  const campaign = await campaignFor(db, assignment);
  try {
    await putDrawing(deps, assignment, campaign);
    const answer = await workflows.ask(id, 'propagate', { n, ...settingsOf(campaign) }, tries);
    hosts.note(campaign, image.sha256, answer.queue);
    // The answer may be to a later drawing.
    const labels = await readDocument(store, nodeLabelsKey(id, answer.n), nodeLabels);
    if (!labels) throw new Error(`no labels of interaction ${answer.n}; expected those of the answer`);
    const body = { ...labels, ms: answer.ms };
    await recordAnswer(db, id, { n: answer.n, columns: ['answered'], kind: 'patch', body });
    return answer.n;
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    await recordRefusal(db, id, n, ['answered', 'refined'], error);
    return n;
  }
}

/** Has the mask made, and records it, or why there is none. @param tries from 1 */
export async function makeMask(deps: MakeDeps, assignment: Assignment, tries = 1): Promise<DrawnMask | undefined> {
  const { db, store, workflows } = deps;
  const { id, n } = assignment;
  const settings = settingsOf(await campaignFor(db, assignment));
  try {
    const { mask, uncertainty = null } = await workflows.ask(id, 'refine', { n, ...settings }, tries);
    const document = await readDocument(store, maskKey(mask, '.json'), maskDocument);
    const body = { mask, segments: document?.segments_info };
    await recordAnswer(db, id, { n, columns: ['refined'], kind: 'pixel', body, made: { mask, uncertainty } });
    return { n, mask, uncertainty };
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    await recordRefusal(db, id, n, ['refined'], error);
    return undefined;
  }
}
