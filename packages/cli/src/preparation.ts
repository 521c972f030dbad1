/** The preparation of a campaign: its images can be annotated once their keys are there. */
import { setTimeout as delay } from 'node:timers/promises';
import { getCampaignProgress } from '@saltworks/contract/api/campaigns';
import { getCampaignPreparation, type Preparation } from '@saltworks/contract/api/runs';
import { InvalidInputError } from '@saltworks/contract/errors';
import { failingText, waitingText } from '@saltworks/contract/run-state';
import type { Api } from './api.ts';
import { campaignAt } from './campaigns.ts';
import { interruption } from './interrupt.ts';
import type { Progress } from './progress.ts';

/** @returns null for callers without the right to see it */
export const preparationOf = (api: Api, id: string): Promise<Preparation | null> =>
  api(getCampaignPreparation, campaignAt(id)).catch((error) => {
    if (error instanceof InvalidInputError) return null;
    throw error;
  });

export function preparationText(id: string, preparation: Preparation | null): string {
  if (!preparation) return 'under way';
  const { state, reason, waiting, failing } = preparation;
  if (state === 'failed') return `failed: ${reason}; again with: saltworks campaign prepare ${id}`;
  if (state === 'cancelled') return `nobody prepares what is missing; expected: saltworks campaign prepare ${id}`;
  const standing = [waiting && waitingText(waiting), failing && failingText(failing)].filter((text) => text !== null);
  return standing.join('; ') || 'under way';
}

/** An embedded stack's worker takes a while to poll. */
const patienceMs = 20_000;

/** Waits until every image of a campaign can be annotated. @throws Error if that fails */
export async function waitForTasks(api: Api, id: string, line: Progress): Promise<void> {
  const began = Date.now();
  let told = 'under way';
  for (;;) {
    const { filled, tasks } = await api(getCampaignProgress, campaignAt(id));
    if (filled) return line.clear();
    line.show(`${id}: ${tasks} images can be annotated, keys of others are being computed`);
    const preparation = await preparationOf(api, id);
    const text = preparationText(id, preparation);
    if (preparation?.state === 'failed') throw new Error(`the preparation of ${id} ${text}`);
    if (preparation?.state === 'running' && text !== told && Date.now() - began > patienceMs) {
      line.clear();
      console.error(`${id}: ${text}`);
      told = text;
    }
    await delay(500, undefined, { signal: interruption });
  }
}
