/** Traces as a person's stroke and a run leave them, at a receiver that is a real server; nothing of them names a person. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openReceiver, pathOf, type ReceivedSpan, type Receiver } from '../packages/telemetry/test/otlp-receiver.ts';
import {
  type AnnotatorsPage,
  begin,
  browserPath,
  openAnnotatorsPage,
  slow,
  status,
  unlessSkipped,
} from './annotators-page.ts';
import { draw } from './draw.ts';

describe.skipIf(!browserPath)(`traces from the page to the store${unlessSkipped}`, () => {
  let receiver: Receiver;
  let cups: AnnotatorsPage;
  beforeAll(async () => {
    receiver = await openReceiver();
    cups = await openAnnotatorsPage({
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=only%20for%20the%20receiver',
      OTEL_BSP_SCHEDULE_DELAY: '200',
    });
  });
  afterAll(async () => {
    await cups?.close();
    await receiver?.close();
  });

  const traceOf = (span: ReceivedSpan) => receiver.spans.filter(({ traceId }) => traceId === span.traceId);
  const named = (name: string) => receiver.spans.filter((span) => span.name === name);
  /** Waits for a step, and for those that the page and the processes still hold. */
  const arrived = async (name: string, service: string, many = 1) => {
    await expect
      .poll(() => named(name).filter((span) => span.service === service).length, slow)
      .toBeGreaterThanOrEqual(many);
  };

  test('a run over a dataset is one trace: command, workflow, shards, images, inference and objects', async () => {
    await arrived('workflow extractDataset', 'saltworks-server');
    const [run] = named('workflow extractDataset');
    const spans = traceOf(run);
    const put = spans.find(({ name }) => name === 'put keys') as ReceivedSpan;
    expect(pathOf(spans, put)).toEqual([
      'put keys',
      'activity extractShard',
      'request extractShard',
      'workflow extractDataset',
      'start extractDataset',
      ...pathOf(spans, spans.find(({ name }) => name === 'start extractDataset') as ReceivedSpan).slice(1),
    ]);
    expect(put.attributes['saltworks.bytes']).toBeGreaterThan(1000);
    const keys = spans.filter(({ name }) => name === 'keys in thread');
    expect(keys).toHaveLength(7);
    expect(pathOf(spans, keys[0]).slice(0, 3)).toEqual(['keys in thread', 'image', 'activity extractShard']);
    expect(orphansAmong(spans)).toEqual([]);
  });

  test('a stroke is one trace: page, request, database, workflow, activity, thread, store, event, page', async () => {
    const context = await cups.signIn('ann', 'annotator');
    const { page, errors } = await cups.annotate(context);
    await begin(page);
    const before = named('stroke').length;
    await draw(page, [0.6, 0.6], [0.65, 0.65]);
    await status(page, /^Mask up to date$/);
    await arrived('stroke', 'saltworks-page', Math.max(3, before + 1));
    const { traceId } = named('stroke')
      .sort((a, b) => a.start - b.start)
      .at(-1) as ReceivedSpan;
    await expect
      .poll(() => receiver.spans.filter((s) => s.traceId === traceId && s.name === 'pixels').length, slow)
      .toBe(1);
    await expect.poll(() => orphansAmong(receiver.spans.filter((s) => s.traceId === traceId)), slow).toEqual([]);
    const spans = receiver.spans.filter((span) => span.traceId === traceId);
    const path = (name: string, service?: string) => {
      const span = spans.find((each) => each.name === name && (service ?? each.service) === each.service);
      return span ? pathOf(spans, span) : [`no ${name} among ${spans.map((each) => each.name).join(', ')}`];
    };
    const post = ['POST /api/assignments/:assignment/interactions', 'send', 'stroke'];
    expect(path('insert interaction')).toEqual(['insert interaction', ...post]);
    const update = ['update propagate', 'send update propagate', 'answer labels', ...post];
    expect(path('put drawings', 'saltworks-server')).toEqual(['put drawings', 'answer labels', ...post]);
    const activity = ['activity answerPatch', 'request answerPatch', ...update];
    expect(path('labels in thread', 'saltworks-worker')).toEqual(['labels in thread', ...activity]);
    expect(path('put drawings', 'saltworks-worker')).toEqual(['put drawings', ...activity]);
    expect(path('patch', 'saltworks-page')).toEqual(['patch', 'send patch', 'answer labels', ...post]);
    expect(path('pixels', 'saltworks-page')).toEqual(['pixels', 'send pixel', 'answer mask', ...post]);
    expect(path('keep')).toEqual(['keep', 'stroke']);
    expect(path('preview')).toEqual(['preview', 'stroke']);
    expect(spans.filter(({ parentSpanId }) => !parentSpanId).map(({ name }) => name)).toEqual(['stroke']);
    // The page's clock is reckoned from the server's: its request holds the server's.
    const [sent, taken] = ['send', post[0]].map((name) => spans.find((span) => span.name === name) as ReceivedSpan);
    expect(Math.abs(sent.start - taken.start)).toBeLessThan(2_000);
    expect(errors).toEqual([]);

    // The image was opened in a trace of its own, which is whole once the assignment has ended.
    const opened = named('open').sort((a, b) => a.start - b.start)[0] as ReceivedSpan;
    expect(
      traceOf(opened)
        .filter(({ service }) => service === 'saltworks-page')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(expect.arrayContaining(['assignment', 'image', 'keys', 'log', 'open']));
    await page.keyboard.press('Enter');
    await arrived('submit', 'saltworks-page');
    await page.close();
  });

  test('headers reach the receiver; no span holds a name, an address, a secret or a point', async () => {
    expect(receiver.headers['api-key']).toBe('only for the receiver');
    const text = receiver.bodies.join('\n');
    const said = ['ann', 'example.org', 'cups', 'Cups', 'coffee', 'thing', 'saucer', 'chelsea'];
    for (const word of said) expect(text, word).not.toMatch(new RegExp(`(?<![a-z])${word}(?![a-z])`));
    expect(text).not.toMatch(/Bearer|token|password|points|radius|session_token|only for the receiver/i);
    const keys = new Set(receiver.spans.flatMap(({ attributes }) => Object.keys(attributes)));
    const known =
      /^(http\.|db\.|temporal\.(attempt|run_id)$|saltworks\.(request|object|bytes|retries|waited_ms)$|error\.type$)/;
    expect([...keys].filter((key) => !known.test(key))).toEqual([]);
  });
});

/** Steps whose parent is nowhere. */
const orphansAmong = (spans: readonly ReceivedSpan[]): string[] => {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  return spans
    .filter(({ parentSpanId }) => parentSpanId !== undefined && !ids.has(parentSpanId))
    .map(({ name, service }) => `${service}: ${name}`);
};
