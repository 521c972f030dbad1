import { setTimeout as sleep } from 'node:timers/promises';
import { activeSpan, inSpan, inTrace, recordSpan, startSpan, tracedShare, within } from '@saltworks/telemetry/spans';
import { openTraces, type TraceSettings, type Traces } from '@saltworks/telemetry/traces';
import { afterEach, describe, expect, test } from 'vitest';
import { openReceiver, pathOf, type Receiver } from './otlp-receiver.ts';

let receiver: Receiver | undefined;
let traces: Traces | undefined;
const lines: string[] = [];
const open = async (settings: Partial<TraceSettings> = {}, status?: number) => {
  receiver = await openReceiver(status);
  const url = `${receiver.url}/v1/traces`;
  const all = { url, headers: {}, share: 1, parentBased: true, resource: { zone: 'north' }, ...settings };
  traces = openTraces(all, { role: 'server', version: '1.2.3', log: (line) => lines.push(line) });
  return receiver;
};
afterEach(async () => {
  await traces?.close();
  await receiver?.close();
  traces = undefined;
  lines.length = 0;
});
const known = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('spans', () => {
  test('stand under the step that asked for them, across what it awaits', async () => {
    const { spans } = await open();
    await inTrace('first', { count: 2 }, async () => {
      await sleep(1);
      await Promise.all([
        inSpan('second', {}, async () => {
          await sleep(1);
          await inSpan('third', {}, async () => {});
        }),
        inSpan('other', {}, async () => {}),
      ]);
    });
    await traces?.close();
    const paths = spans.map((span) => pathOf(spans, span).join(' < ')).sort();
    expect(paths).toEqual(['first', 'other < first', 'second < first', 'third < second < first']);
    expect(new Set(spans.map(({ service }) => service))).toEqual(new Set(['saltworks-server']));
    expect(spans.find(({ name }) => name === 'first')?.attributes).toEqual({ count: 2 });
  });

  test('go on with a trace from outside, and with none that is no trace', async () => {
    const { spans } = await open();
    startSpan('told', {}, { parent: known })?.end();
    startSpan('confused', {}, { parent: '00-zz' })?.end();
    await traces?.close();
    const [told, confused] = spans;
    expect([told.traceId, told.parentSpanId]).toEqual([known.slice(3, 35), known.slice(36, 52)]);
    expect(confused.parentSpanId).toBeUndefined();
  });

  test('fail by the class of an error, without its text', async () => {
    const { spans, bodies } = await open();
    const work = inTrace('failing', {}, () => Promise.reject(new RangeError('ann@example.org drew at 3, 4')));
    await expect(work).rejects.toThrow(RangeError);
    await traces?.close();
    expect(spans).toMatchObject([{ failed: true, attributes: { 'error.type': 'RangeError' } }]);
    expect(bodies.join('')).not.toContain('ann@');
  });

  test('of the page have its name, and the times they are told with', async () => {
    const { spans } = await open({ service: 'mine' });
    const [trace, span] = ['1'.repeat(32), '2'.repeat(16)];
    recordSpan({ trace, span, name: 'stroke', start: 1_700_000_000_123.5, end: 1_700_000_000_200 }, 'page');
    await traces?.close();
    expect(spans).toMatchObject([{ traceId: trace, service: 'mine-page', start: 1_700_000_000_123.5 }]);
  });

  test('outside all traces are none, nor while nothing is recorded', async () => {
    expect([activeSpan(), startSpan('nothing'), tracedShare()]).toEqual([undefined, undefined, 0]);
    expect(await inSpan('nothing', {}, async (span) => span ?? 'none')).toBe('none');
    const { spans } = await open();
    expect(await inSpan('alone', {}, async (span) => span ?? 'none')).toBe('none');
    expect(within(undefined, () => 5)).toBe(5);
    await traces?.close();
    expect(spans).toEqual([]);
  });
});

describe('sampling', () => {
  test('is that of whoever began the trace', async () => {
    const { spans } = await open({ share: 0 });
    startSpan('theirs', {}, { parent: known })?.end();
    startSpan('not theirs', {}, { parent: known.replace(/01$/, '00') })?.end();
    startSpan('ours')?.end();
    await traces?.close();
    expect(spans.map(({ name }) => name)).toEqual(['theirs']);
  });

  test('is our own where it is not parent-based', async () => {
    const { spans } = await open({ share: 0, parentBased: false });
    startSpan('theirs', {}, { parent: known })?.end();
    await traces?.close();
    expect(spans).toEqual([]);
  });
});

describe('a receiver', () => {
  const work = async () => {
    for (let i = 0; i < 20; i++) await inTrace('work', {}, async () => {});
  };

  test('gets what is left at the end', async () => {
    const { spans } = await open();
    await work();
    await traces?.close();
    expect(spans).toHaveLength(20);
  });

  test.each([
    ['refuses', 500],
    ['never answers', 0],
  ])('that %s disturbs nothing, and holds the end up for seconds at most', async (_, status) => {
    await open({}, status);
    await work();
    const began = performance.now();
    await traces?.close();
    expect(performance.now() - began).toBeLessThan(4_500);
  });

  test('that is down disturbs nothing, and is reported without its address', async () => {
    const gone = await openReceiver();
    await gone.close();
    await open({ url: `${gone.url}/v1/traces` });
    await work();
    await traces?.close();
    expect(lines.join()).not.toContain(gone.url);
  });
});
