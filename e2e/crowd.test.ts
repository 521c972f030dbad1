import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { crowd, faultsOf } from '../bench/crowd.mjs';
import { openCampaign, startStack } from '../bench/stack.mjs';
import { payloadsOf } from './payloads.ts';
import { root } from './saltworks.ts';
import { leaks } from './secrets.ts';

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

test('Temporal learns nobody’s name or address, nothing that they drew, and no secret', async () => {
  const { address } = JSON.parse(readFileSync(join(stack.home, 'stack.json'), 'utf8'));
  const payloads = await payloadsOf(address);
  const accounts: { name: string; email: string }[] = await stack.admin('GET', '/api/users');
  expect(accounts.length).toBeGreaterThan(annotators);
  expect(payloads.length).toBeGreaterThan(1_000);
  const names = accounts.flatMap(({ name, email }) => [`"${name}"`, email]);
  expect(payloads.filter((text) => names.some((name) => text.includes(name)))).toEqual([]);
  expect(payloads.filter((text) => /"(points|strokes|radius|email|ip)"/.test(text))).toEqual([]);
  const secrets = new Set(['secret', 'api-key'].map((file) => readFileSync(join(stack.home, file), 'utf8').trim()));
  expect(leaks(payloads.join('\n'), secrets)).toEqual([]);
});
