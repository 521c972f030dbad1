import { type PageTraces, postTraces } from '@saltworks/contract/api/traces';
import { placeOf } from '@saltworks/contract/traceparent';
import * as z from '@saltworks/contract/zod';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { begin, heed } from '../src/traces.ts';

const sent: PageTraces[] = [];
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  vi.stubGlobal('fetch', async (_: string, { body }: { body: string }) => {
    sent.push(z.parse(postTraces.body, JSON.parse(body)));
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  sent.length = 0;
});

test('nothing is written before the server says that it records traces', () => {
  expect(begin('stroke')).toBeUndefined();
  heed(null, 5);
  expect(begin('stroke')).toBeUndefined();
});

test('steps are handed in together, as the server expects them, under what they are steps of', () => {
  heed('1', 7);
  const stroke = begin('stroke');
  const send = stroke?.step('send');
  send?.end(true);
  const { trace = '', span = '' } = placeOf(stroke?.traceparent) ?? {};
  stroke?.step('patch', `00-${trace}-${'e'.repeat(16)}-01`).end();
  stroke?.step('pixels', `00-${'f'.repeat(32)}-${'e'.repeat(16)}-01`).end();
  stroke?.end();
  stroke?.end();
  expect(sent).toEqual([]);
  vi.runAllTimers();
  expect(sent).toHaveLength(1);
  expect(sent[0].trip).toBeLessThanOrEqual(7);
  expect(sent[0].spans.map(({ name, parent, failed }) => [name, parent, failed])).toEqual([
    ['send', span, true],
    ['patch', 'e'.repeat(16), undefined],
    ['pixels', span, undefined],
    ['stroke', undefined, undefined],
  ]);
  expect(new Set(sent[0].spans.map((each) => each.trace))).toEqual(new Set([trace]));
});

test('a trace outside the share is told to the server as one that is not recorded, and not handed in', () => {
  heed('0.0000001', 7);
  const stroke = begin('stroke');
  expect(placeOf(stroke?.traceparent)?.sampled).toBe(false);
  stroke?.end();
  vi.runAllTimers();
  expect(sent).toEqual([]);
});
