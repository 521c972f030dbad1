/** One version after another. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { chart, ofKind, render, selects, variablesOf, workloads } from './chart.ts';

test('servers have a version, the image tag unless another is given; workers have none', async () => {
  const all = await render({ set: ['images.server.tag=1.2.3'] });
  const buildIds = workloads(all).map(({ labels, pod }) => [
    labels['app.kubernetes.io/component'],
    variablesOf(pod.containers[0]).SALTWORKS_BUILD_ID,
  ]);
  expect(Object.fromEntries(buildIds)).toEqual({
    server: '1.2.3',
    worker: undefined,
    migrate: undefined,
    promote: undefined,
  });
  const [server] = workloads(await render({ over: { versioning: { buildId: '7' } } }));
  expect(variablesOf(server.pod.containers[0]).SALTWORKS_BUILD_ID).toBe('7');
});

test('new runs begin on a version by a job beside the roll-out, unless somebody does it by hand', async () => {
  const jobOf = async (set: string) => {
    const jobs = ofKind(await render({ set: [set] }), 'Job');
    return jobs.find(({ metadata }) => metadata.labels['app.kubernetes.io/component'] === 'promote');
  };
  const job = await jobOf('images.server.tag=1.2.3');
  expect(job!.metadata).not.toHaveProperty('annotations');
  expect(job!.spec.template.spec.containers[0].args).toEqual(['deployment', 'current', '1.2.3']);
  expect((await jobOf('images.server.tag=1.2.4'))!.metadata.name).not.toBe(job!.metadata.name);
  expect(await jobOf('versioning.promote=false')).toBeUndefined();
  expect(await jobOf('versioning.enabled=false')).toBeUndefined();
});

test('a version that drains keeps a server of its own, to which no service leads', async () => {
  const all = await render({ over: { versioning: { draining: [{ buildId: '0.0.9', tag: '0.0.9' }] } } });
  const [draining] = workloads(all).filter(({ labels }) => labels['app.kubernetes.io/component'] === 'draining');
  const [{ image, env }] = draining.pod.containers;
  expect(image).toBe('saltworks/server:0.0.9');
  expect(env).toContainEqual({ name: 'SALTWORKS_BUILD_ID', value: '0.0.9' });
  const [service] = ofKind(all, 'Service');
  expect(selects({ matchLabels: service.spec.selector }, draining.labels)).toBe(false);
});

test('the chart is of the version of the packages', () => {
  const { version, appVersion } = parse(readFileSync(join(chart, 'Chart.yaml'), 'utf8'));
  const cli = JSON.parse(readFileSync(new URL('../../packages/cli/package.json', import.meta.url), 'utf8'));
  expect([version, appVersion]).toEqual([cli.version, cli.version]);
});
