/** A run that the API started, followed over the API to its end. */
import { type DatasetRun, getDatasetRun, type Standing } from '@saltworks/contract/api/runs';
import type { Progress as RunProgress } from '@saltworks/contract/messages/runs';
import type { Api } from './api.ts';
import { type Followed, watchRun } from './follow.ts';
import { interruption } from './interrupt.ts';
import type { Progress } from './progress.ts';

const lookMs = 400;

/**
 * Follows a run over the API. Ctrl-C leaves it running.
 *
 * @param api one that waits for a restarting server
 * @returns the run as it ended
 * @throws Error with the reason if it failed or was ended
 */
export async function followRun(
  api: Api,
  dataset: string,
  run: DatasetRun,
  { name, line, json }: { name: string; line: Progress; json: boolean },
): Promise<DatasetRun & { seconds: number }> {
  const began = performance.now();
  const ended = await watchRun(overApi(api, dataset, run), name, { line, json, patience: 20_000 });
  const seconds = Math.round(performance.now() - began) / 1000;
  if (ended.state === 'done') return { ...ended, seconds };
  throw new Error(ended.state === 'failed' ? (ended.reason ?? 'the run failed') : 'the run was ended by somebody');
}

function overApi(api: Api, dataset: string, begun: DatasetRun): Followed<DatasetRun> {
  let last = begun;
  const ask = (id: string) => api(getDatasetRun, { params: { dataset }, query: { id } });
  /** Keys are extracted by a run of their own, whose counts tell more. */
  const keysProgress = async (): Promise<RunProgress | undefined> => {
    const keys = await ask(`extract/${dataset}/${last.keys}`).catch(() => undefined);
    return keys?.state === 'running' && keys.progress ? { ...keys.progress, stage: 'extracting' } : undefined;
  };
  return {
    async progress() {
      const { progress } = last;
      const keys = progress?.stage === 'extracting' ? await keysProgress() : undefined;
      return keys ?? progress ?? undefined;
    },
    async standing(): Promise<Standing> {
      return { waiting: last.waiting, failing: last.failing };
    },
    async result() {
      for (;;) {
        last = await ask(begun.id);
        if (last.state !== 'running') return last;
        await new Promise((again) => setTimeout(again, lookMs));
        interruption.throwIfAborted();
      }
    },
  };
}
