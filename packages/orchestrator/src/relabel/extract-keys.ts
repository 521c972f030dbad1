/** The keys that a re-labelling draws on: extracted by a run of its own, which others may share. */
import type { Tally } from '@saltworks/contract/messages/activities';
import type { ExtractSettings } from '@saltworks/contract/options';
import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { extractDataset, runWindow } from '../runs/start.ts';
import { orAborted } from '../temporal/beats.ts';
import { isOutage, throughOutages } from '../temporal/outage.ts';

/**
 * Starts or joins the extraction, and waits for its end. Left early, the extraction goes on: it is listed and ended by itself.
 *
 * @throws ApplicationFailure that is not retried: the run has tried often enough, or somebody ended it
 */
export async function extractKeys(
  client: Client,
  { dataset, extract, verify }: { dataset: string; extract: ExtractSettings; verify?: boolean },
  signal: AbortSignal,
): Promise<Tally> {
  const input = { dataset, extract, window: runWindow, ...(verify && { verify }) };
  const run = await throughOutages(() => extractDataset(client, input));
  try {
    return await orAborted(run.result(), signal);
  } catch (error) {
    signal.throwIfAborted();
    if (isOutage(error)) throw error;
    const { name, message } = error as Error;
    throw ApplicationFailure.nonRetryable(`no keys of ${dataset}: ${message}`, name);
  }
}
