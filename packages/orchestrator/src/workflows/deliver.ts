import type { InputOf } from '@saltworks/contract/messages/definitions';
import type { deliver as definition, NoticeActivities } from '@saltworks/contract/messages/notices';
import { queues } from '@saltworks/contract/messages/queues';
import { proxyActivities, sleep } from '@temporalio/workflow';
import { nonRetryableErrorTypes } from './final.ts';
import { upgrade } from './upgrade.ts';

const { sendNotice } = proxyActivities<NoticeActivities>({
  taskQueue: queues.server,
  startToCloseTimeout: '1 minute',
  // A webhook's refusal is an answer: errors are the server's own.
  retry: { maximumInterval: '1 minute', nonRetryableErrorTypes },
});

// It waits for up to a day, for which old code need not stay.
upgrade(deliver);

/** Sends a notice, again and again with growing waits, until it has arrived or the last try has failed. */
export async function deliver({ waits, ...round }: InputOf<typeof definition>): Promise<void> {
  for (const wait of waits) {
    if (await sendNotice({ ...round, last: false })) return;
    await sleep(wait);
  }
  await sendNotice({ ...round, last: true });
}
