/** The workers that have images open, as far as this server knows: each holds an image's graph in memory. */
import type { Campaign } from '@saltworks/contract/api/campaigns';
import { type ImageRequest, openImages } from '@saltworks/contract/messages/annotate';
import { type Client, WorkflowIdConflictPolicy } from '@temporalio/client';
import { LRUCache } from 'lru-cache';
import { executeWorkflow } from '../../temporal/workflows.ts';
import { imageRequestOf } from '../image-request.ts';
import { keysOf } from '../keys.ts';

/** Images whose worker is remembered. */
const remembered = 10_000;

export interface Hosts {
  /** The queue of the worker that has an image open for a campaign; undefined if none is known. */
  queueOf(campaign: Campaign, sha256: string): string | undefined;
  note(campaign: Campaign, sha256: string, queue: string): void;
  /** Has workers open the images that annotators are likely to get next. */
  warm(campaign: Campaign, images: readonly ImageRequest['image'][]): Promise<void>;
}

/** Campaigns over one image may draw on other keys, or solve otherwise, and one may change to others: each has its own graph. */
const nameOf = (campaign: Campaign, sha256: string) => `${campaign.id}/${keysOf(campaign)}/${sha256}`;

export function openHosts(client: Client): Hosts {
  const queues = new LRUCache<string, string>({ max: remembered });
  return {
    queueOf: (campaign, sha256) => queues.get(nameOf(campaign, sha256)),
    note: (campaign, sha256, queue) => void queues.set(nameOf(campaign, sha256), queue),
    async warm(campaign, images) {
      const missing = images.filter(({ sha256 }) => !queues.has(nameOf(campaign, sha256)));
      if (missing.length === 0) return;
      const input = { images: missing.map((image) => imageRequestOf(campaign, image)) };
      const opened = await executeWorkflow(client, openImages, input, {
        workflowId: `open/${campaign.id}/${keysOf(campaign)}/${missing.map(({ sha256 }) => sha256.slice(0, 16)).join('-')}`,
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      });
      opened.forEach((found, index) => {
        if (found) queues.set(nameOf(campaign, missing[index].sha256), found.queue);
      });
    },
  };
}
