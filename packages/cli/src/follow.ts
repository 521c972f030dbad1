/** Starts or joins a run over a dataset and follows it to its end. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Standing } from '@saltworks/contract/api/runs';
import type { Tally } from '@saltworks/contract/messages/activities';
import type { Progress as RunProgress, Stage } from '@saltworks/contract/messages/runs';
import { failingText, shareOf, waitingText } from '@saltworks/contract/run-state';
import type { Run } from '@saltworks/orchestrator/runs/start';
import { throughOutages } from '@saltworks/orchestrator/temporal/outage';
import { readInUse } from '@saltworks/store/datasets/dataset';
import { openStore } from '@saltworks/store/objects/open';
import type { Client } from '@temporalio/client';
import { interruption } from './interrupt.ts';
import { type Progress, progress } from './progress.ts';
import { readSettings } from './settings.ts';
import { connect } from './stack/connect.ts';

/**
 * Starts a run or joins the one under way, shows its progress and reports its end. Ctrl-C leaves it running.
 *
 * @throws InvalidInputError if the dataset does not exist or is archived, or the run refuses its input
 */
export async function follow<Result extends Tally>(
  dataset: string,
  json: boolean,
  start: (client: Client) => Promise<Run<Result>>,
): Promise<Result & { seconds: number }> {
  const settings = readSettings();
  await readInUse(openStore(settings.store, settings.s3), dataset);
  const line = progress(process.stderr, json);
  const { client, patience, close } = await connect(settings, (text) => line.show(text));
  const began = performance.now();
  try {
    const run = await throughOutages(() => start(client));
    const tally = await watchRun(run, dataset, { line, json, patience });
    return { ...tally, seconds: Math.round(performance.now() - began) / 1000 };
  } finally {
    line.clear();
    await close();
  }
}

/** Prints a run's end: a line for people or a JSON document. A run in which no image succeeded has failed. */
export function report(dataset: string, json: boolean, result: Tally & { seconds: number }, build?: string): void {
  const { images, done, cached, failed, seconds } = result;
  if (json) console.log(JSON.stringify({ images, done, cached, failed, seconds, build }));
  else
    console.log(
      `${dataset}: ${images} images: ${done} done, ${cached} cached, ${failed} failed, ${seconds.toFixed(1)} s`,
    );
  if (failed > 0) {
    console.error(`saltworks: ${failed} of ${images} images failed: saltworks dataset ls ${dataset} --failed`);
    if (done + cached === 0) process.exitCode = 1;
  }
}

/**
 * Reports why a run makes no progress, whenever the reason changes: a plain line or a JSON document.
 *
 * @param patience milliseconds before it reports that nobody polls
 */
function teller(dataset: string, { line, json, patience }: { line: Progress; json: boolean; patience: number }) {
  const began = performance.now();
  const told = { waiting: '', failing: '' };
  const tell = (what: keyof Standing, text: string, document: Standing['waiting'] | Standing['failing']) => {
    if (text === told[what]) return;
    told[what] = text;
    line.clear();
    if (json) console.log(JSON.stringify({ [what]: document }));
    else console.error(`${dataset}: ${text || 'goes on'}`);
  };
  return (standing: Standing | undefined) => {
    if (!standing) return;
    const { waiting, failing } = standing;
    if (failing) tell('failing', failingText(failing), failing);
    if (!waiting) tell('waiting', '', null);
    else if (performance.now() - began > patience) tell('waiting', waitingText(waiting), waiting);
  };
}

const STANDING_MS = 1_000;

/** A run as it is followed: by Temporal's client, or over the API. */
export type Followed<Result> = Pick<Run, 'progress' | 'standing'> & { result(): Promise<Result> };

/** Shows the progress of a run until it ends, and why it stands still. @param patience milliseconds before nobody polls */
export const watchRun = <Result>(
  run: Followed<Result>,
  name: string,
  { line, json, patience }: { line: Progress; json: boolean; patience: number },
): Promise<Result> => watch(run, name, { line, json, tell: teller(name, { line, json, patience }) });

interface Watching {
  line: Progress;
  json: boolean;
  tell(standing: Standing | undefined): void;
}

async function watch<Result>(run: Followed<Result>, dataset: string, { line, json, tell }: Watching) {
  const result = run.result();
  result.catch(() => {});
  const began = performance.now();
  let first: RunProgress | undefined;
  let lastLine = began;
  let lastLook = began;
  for (;;) {
    const wait = delay(400, false, { signal: interruption }).catch(() => false);
    if (await Promise.race([result.then(() => true), wait])) return result;
    interruption.throwIfAborted();
    if (performance.now() - lastLook > STANDING_MS) {
      tell(await run.standing());
      lastLook = performance.now();
    }
    const now = await run.progress();
    if (!now) continue;
    first ??= now;
    const text = describe(dataset, now, (now.done - first.done) / ((performance.now() - began) / 1000));
    line.show(text);
    // Without a terminal, print a line now and then, so that a log shows progress.
    if (!json && !process.stderr.isTTY && performance.now() - lastLine > 10_000) {
      lastLine = performance.now();
      console.error(text);
    }
  }
}

const BAR = 20;

/** What a run of several steps does. */
const stageTexts: Record<Stage, string> = {
  extracting: 'keys',
  building: 'masks',
  comparing: 'comparison',
  teaching: 'teaching',
  predicting: 'pre-labels',
  indexing: 'index',
  searching: 'search',
};

function describe(dataset: string, now: RunProgress, perSecond: number): string {
  const { done, cached, failed, shards, shardsDone, paused, stage } = now;
  const full = Math.round(BAR * shareOf(now, false));
  const bar = '█'.repeat(full) + '░'.repeat(BAR - full);
  const rate = perSecond > 0 ? ` (${perSecond.toFixed(1)}/s)` : '';
  const counts = `${done} done${rate}, ${cached} cached, ${failed} failed`;
  if (shards === 0) return `${dataset}: ${stage ? stageTexts[stage] : 'begins'}${paused ? ', paused' : ''}`;
  return `${dataset}${stage ? `, ${stageTexts[stage]}` : ''} ${bar} ${shards - shardsDone} of ${shards} shards remain, ${counts}${paused ? ', paused' : ''}`;
}
