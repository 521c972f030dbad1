/** How good masks were after so many strokes and seconds: drawings that were handed in, replayed. */
import type { Campaign } from '@saltworks/contract/api/campaigns';
import type { LabelEfficiency } from '@saltworks/contract/api/measures';
import { type DrawingSteps, labelEfficiencyVersion } from '@saltworks/contract/documents/label-efficiency';
import { drawingStepsKey, type HandedIn, labelEfficiencyKey } from '@saltworks/contract/layout';
import { type ReplayActivities, type ReplayedWith, replayDrawings } from '@saltworks/contract/messages/measure';
import { storedName } from '@saltworks/core/drawing/classes';
import {
  type DrawingStep,
  drawingSteps,
  efficiencyCurve,
  type JudgedDrawing,
} from '@saltworks/core/judge/label-efficiency';
import { readLabelEfficiency } from '@saltworks/store/datasets/label-efficiency';
import type { ObjectStore } from '@saltworks/store/objects/store';
import { WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/client';
import type { Kysely } from 'kysely';
import { openOrigins } from '../../builds/mask-origins.ts';
import { buildSettingsOf, type RecipeOf, settingsOf } from '../../builds/settings.ts';
import type { Schema } from '../../db/schema.ts';
import { startWorkflow } from '../../temporal/workflows.ts';
import { findCampaign } from '../campaigns.ts';
import type { MeasureDeps } from './agreement.ts';
import { timedInteractions } from './effort.ts';
import { remembered } from './remembered.ts';
import { sampleOf } from './submissions.ts';
import { truthsOf } from './truths.ts';

/** Drawings that are replayed: each takes a mask a step. */
const mostDrawings = 100;

const readReport = remembered(1_000, labelEfficiencyKey, readLabelEfficiency);

/** What stored reports of a sample of the drawings say; missing ones are asked for, and count as pending. */
export async function campaignLabelEfficiency(
  { db, store, client }: MeasureDeps,
  campaign: Campaign,
): Promise<LabelEfficiency> {
  const found: Record<'handedIn' | 'known', JudgedDrawing[]> = { handedIn: [], known: [] };
  const leftOut: LabelEfficiency['leftOut'] = [];
  const missing: HandedIn[] = [];
  const again: HandedIn[] = [];
  const truthOf = truthsOf(store, campaign.dataset);
  for (const { assignment, n, mask, honeypot, sha256, task, name } of await sampleOf(db, campaign.id, mostDrawings)) {
    const truth = honeypot ? await truthOf(sha256) : undefined;
    const drawing = { assignment, n, mask, ...(truth && { truth }) };
    const report = await readReport(store, drawing);
    if (!report) missing.push(drawing);
    else if ('reason' in report) {
      leftOut.push({ task, name, reason: report.reason });
      if (report.again) again.push(drawing);
    } else if (report.steps.length > 0) {
      const { steps } = report;
      found.handedIn.push({ image: task, steps: steps.map(({ handedIn, ...step }) => ({ ...step, miou: handedIn })) });
      const known = steps.flatMap(({ known, ...step }) => (known === undefined ? [] : [{ ...step, miou: known }]));
      if (known.length > 0) found.known.push({ image: task, steps: known });
    }
  }
  const asked = [...missing, ...again];
  if (asked.length > 0) {
    const input = { drawings: asked, classes: campaign.categories.map(storedName) };
    await startWorkflow(client, replayDrawings, input, {
      workflowId: `replay/${campaign.id}`,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    });
  }
  return {
    handedIn: efficiencyCurve(found.handedIn),
    known: efficiencyCurve(found.known),
    leftOut,
    pending: missing.length,
  };
}

interface ReplayDeps {
  db: Kysely<Schema>;
  store: ObjectStore;
  recipeOf: RecipeOf;
}

/** What the server does for replays. */
export const replayActivitiesOf = (deps: ReplayDeps): ReplayActivities => ({
  writeSteps: (drawing) => writeSteps(deps, drawing),
});

/**
 * Writes a drawing as it grew where the worker reads it.
 *
 * @returns what the mask that was handed in was made with; the campaign's settings where nobody noted it
 */
async function writeSteps(deps: ReplayDeps, { assignment, n, mask }: HandedIn): Promise<ReplayedWith> {
  const { db, store } = deps;
  const row = await db
    .selectFrom('assignment')
    .innerJoin('task', 'task.id', 'assignment.task')
    .select(['assignment.created', 'assignment.campaign', 'task.sha256', 'task.name', 'task.object'])
    .where('assignment.id', '=', assignment)
    .executeTakeFirstOrThrow();
  const { created, campaign: id, ...image } = row;
  const campaign = await findCampaign(db, id);
  const steps = drawingSteps(await timedInteractions(db, assignment, n), created.getTime());
  const document = documentOf(steps, campaign);
  await store.put(drawingStepsKey({ assignment, n }), JSON.stringify(document));
  const origin = await openOrigins(store).of({ sha256: image.sha256, mask, drawings: [] });
  const { extract, options } = origin?.settings ?? (await buildSettingsOf(deps, settingsOf(campaign)));
  return { dataset: campaign.dataset, image, extract, options };
}

/** What the worker replays. */
export function documentOf(steps: readonly DrawingStep[], { categories }: Pick<Campaign, 'categories'>): DrawingSteps {
  const named = new Map(categories.map((category) => [category.id, { ...category, name: storedName(category) }]));
  const strokes: DrawingSteps['strokes'] = [];
  const places = new Map<string, number>();
  const placeOf = ({ n, origin, ...stroke }: DrawingStep['drawing']['strokes'][number]): number => {
    // A merge gives a stroke to another segment.
    const key = `${n} ${stroke.segment}`;
    const place = places.get(key) ?? strokes.push(stroke) - 1;
    places.set(key, place);
    return place;
  };
  return {
    version: labelEfficiencyVersion,
    steps: steps.map(({ strokes, seconds, drawing }) => ({
      ...{ strokes, seconds },
      segments: drawing.segments.map(({ id, category }) => {
        const { name = `${category}`, isthing = true } = named.get(category) ?? {};
        return { id, category: name, isthing };
      }),
      drawn: drawing.strokes.map(placeOf),
      ...(drawing.locks && { locks: drawing.locks }),
    })),
    strokes,
  };
}
