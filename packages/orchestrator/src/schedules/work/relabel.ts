/** All masks of a subject made anew with the newest backbone of a channel, or with a fixed one. */
import type { ScheduleWork } from '@saltworks/contract/api/schedules';
import type { Subject } from '@saltworks/contract/documents/builds';
import { keysId } from '@saltworks/contract/layout';
import { relabel } from '@saltworks/contract/messages/runs';
import type { FiringEnd } from '@saltworks/contract/messages/schedules';
import type { ExtractSettings } from '@saltworks/contract/options';
import { readChannel } from '@saltworks/store/channels';
import { subjectOf } from '../../api/subject.ts';
import { shownBuild } from '../../builds/current.ts';
import { findBuild } from '../../builds/read.ts';
import { ConflictError } from '../../errors.ts';
import { startRelabel } from '../../relabel/start.ts';
import { settleKeys } from '../../runs/settle.ts';
import { orAborted } from '../../temporal/beats.ts';
import { throughOutages } from '../../temporal/outage.ts';
import { rootOf } from '../../temporal/root-cause.ts';
import { findWorkflow } from '../../temporal/workflows.ts';
import type { Doing, WorkDeps } from './doing.ts';

type RelabelWork = Extract<ScheduleWork, { kind: 'relabel' }>;

export async function doRelabel(deps: WorkDeps, work: RelabelWork, doing: Doing): Promise<FiringEnd> {
  const { signal, made } = doing;
  // An attempt that broke off has started it: it may be over by now, and shown.
  const begun = made.run === undefined ? await begin(deps, work, doing) : { run: made.run };
  if ('skipped' in begun) return { outcome: 'skipped', reason: begun.skipped, made: {} };
  const run = findWorkflow(deps.client, relabel, begun.run);
  const result = throughOutages(run.result).catch((error) => Promise.reject(rootOf(error)));
  const { build, promoted, images, failed, gate } = await orAborted(result, signal).catch(async (error) => {
    if (doing.isCancelled()) await run.cancel();
    throw error;
  });
  const reason = promoted ? null : gate.reasons.join('; ') || null;
  return { outcome: 'done', reason, made: { ...begun, build, promoted, images, ...(failed > 0 ? { failed } : {}) } };
}

/** Milliseconds between two looks whether another re-labelling has ended. */
const lookMs = 5_000;

/**
 * Starts it, unless there is nothing to do. While another one of the subject is under way, the firing waits or is skipped, as
 * its schedule says.
 *
 * @returns the id of the run, or why there is none
 */
async function begin(
  deps: WorkDeps,
  work: RelabelWork,
  { schedule, overlap, signal, note }: Doing,
): Promise<{ run: string } | { skipped: string }> {
  const subject = subjectOf(work.subject);
  const { preset, promote, keep, thresholds } = work;
  for (;;) {
    const extract = await wantedKeys(deps, work);
    if (!extract) return { skipped: `the channel ${work.channel} stands for nothing yet` };
    const skipped = await whyNothing(deps, subject, extract, preset);
    if (skipped !== undefined) return { skipped };
    try {
      const asked = { ...extract, preset, promote, keep, thresholds };
      const run = await throughOutages(() => startRelabel(deps, subject, asked, { by: null, schedule }));
      await note({ reason: null, made: { run: run.id } });
      return { run: run.id };
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      if (overlap === 'skip') return { skipped: error.message };
      await note({ reason: `waits: ${error.message}` });
    }
    await orAborted(new Promise((again) => setTimeout(again, lookMs)), signal);
  }
}

/** @returns undefined if the channel has no entry */
async function wantedKeys(deps: WorkDeps, { channel, keys }: RelabelWork): Promise<ExtractSettings | undefined> {
  const [entry] = channel === undefined ? [] : await readChannel(deps.store, channel);
  const choice = keys ?? entry;
  if (!choice) return undefined;
  const { backbone, layer, facet, longSide, codec } = choice;
  return settleKeys(await deps.backbones.find(backbone), { layer, facet, longSide, codec });
}

/** Why there is nothing to do: what is shown draws on these keys already. */
async function whyNothing(
  { db }: WorkDeps,
  subject: Subject,
  extract: ExtractSettings,
  preset: RelabelWork['preset'],
): Promise<string | undefined> {
  const shown = await shownBuild(db, subject);
  const settings = shown && (await findBuild(db, subject, shown.build)).settings;
  const keys = keysId(extract.backbone, extract);
  if (!settings || settings.keys !== keys || (preset !== undefined && settings.preset !== preset)) return undefined;
  return `build ${shown.build} draws on ${keys} already`;
}
