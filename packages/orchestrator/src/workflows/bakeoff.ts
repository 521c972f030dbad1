/** Keys and masks of a sample by several variants: variant by variant, a few images a step. */
import type { Tally } from '@saltworks/contract/messages/activities';
import { ATTEMPTS } from '@saltworks/contract/messages/attempts';
import type { BakeoffActivities, bakeoff as definition } from '@saltworks/contract/messages/bakeoff';
import type { InputOf, ResultOf } from '@saltworks/contract/messages/definitions';
import { queues } from '@saltworks/contract/messages/queues';
import { proxyActivities } from '@temporalio/workflow';
import { nonRetryableErrorTypes } from './final.ts';
import { handle } from './handle.ts';

/** Most steps of a variant: with sixteen of them, a history stays below 5,000 events. Fewest images of a step. */
const [STEPS, IMAGES] = [25, 4];

/**
 * A variant's keys come step by step, so that their seconds are those of an inference that has the machine to itself as far
 * as this bake-off is concerned: nothing is judged before the variant's keys are all there.
 */
export async function bakeoff(input: InputOf<typeof definition>): Promise<ResultOf<typeof definition>> {
  const { subject, bakeoff, images, variants, attempts: maximumAttempts = ATTEMPTS } = input;
  const on = (taskQueue: string) =>
    proxyActivities<BakeoffActivities>({
      taskQueue,
      startToCloseTimeout: '12 hours',
      heartbeatTimeout: '10 seconds',
      retry: { initialInterval: '1 second', maximumInterval: '1 minute', maximumAttempts, nonRetryableErrorTypes },
    });
  const { extractSample } = on(queues.extract);
  const { judgeSample, finishBakeoff } = on(queues.propagate);
  const result = { images: images * variants, failed: 0 };
  const progress = { total: 2 * images * variants, done: 0 };
  handle<typeof definition>({ updates: {}, signals: {}, queries: { progress: () => progress } });

  const step = Math.max(IMAGES, Math.ceil(images / STEPS));
  const starts = Array.from({ length: Math.ceil(images / step) }, (_, i) => i * step);
  const through = ({ images }: Tally) => {
    progress.done += images;
  };
  for (let variant = 0; variant < variants; variant++) {
    const part = (from: number) => ({ subject, bakeoff, variant, from, to: Math.min(images, from + step) });
    for (const from of starts) through(await extractSample(part(from)));
    // Masks take every core of a worker, whatever the number of images; several workers share the steps.
    await Promise.all(
      starts.map(async (from) => {
        const judged = await judgeSample(part(from));
        through(judged);
        result.failed += judged.failed;
      }),
    );
  }
  await finishBakeoff({ subject, bakeoff });
  return result;
}
