import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { crowd, faultsOf } from '../bench/crowd.mjs';
import { openCampaign, startStack } from '../bench/stack.mjs';
import { root } from './saltworks.ts';

// docs/latency.md measures two hundred.
const annotators = 24;
const places = 3;

let stack: Awaited<ReturnType<typeof startStack>>;
beforeAll(async () => {
  stack = await startStack({ SALTWORKS_REQUESTS_PER_MINUTE: '1000000' });
  await openCampaign(stack, { id: 'crowd', images: join(root, 'examples/images'), annotators: places });
});
afterAll(() => stack?.stop());

test('a crowd of annotators loses, doubles and reorders no interaction, and no image has more annotators than it wants', async () => {
  const found = await crowd(stack, 'crowd', { annotators, strokes: 8, pause: 1 });
  expect(found).toHaveLength(annotators);
  expect(await faultsOf(stack, 'crowd', found, places)).toEqual([]);
  const { done, tasks } = await stack.admin('GET', '/api/campaigns/crowd/progress');
  expect(done).toBe(tasks);
});
