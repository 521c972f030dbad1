/** Pools of workers scale by the backlog of their queues, and no work that runs is lost by it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { queues } from '@saltworks/contract/messages/queues';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { chart, defaults, ofKind, poolsOf, render, rolesOf, type Yaml } from './chart.ts';

test('without KEDA nothing scales, and each pool has its number', async () => {
  const all = await render();
  expect(all.filter(({ kind }) => /Scale/.test(kind))).toEqual([]);
  for (const { manifest } of poolsOf(all).values()) expect(manifest.spec.replicas).toBeGreaterThan(0);
});

test('with KEDA no number stands in a pool, which an upgrade would set again', async () => {
  const all = await render({ values: 'gpu-keda' });
  for (const { manifest } of poolsOf(all).values()) expect(manifest.spec).not.toHaveProperty('replicas');
  const targets = ofKind(all, 'ScaledObject').map(({ spec }) => spec.scaleTargetRef.name);
  expect(new Set(targets)).toEqual(new Set([...poolsOf(all).values()].map(({ manifest }) => manifest.metadata.name)));
});

test('triggers are the queues that the pool polls, activities alone', async () => {
  const all = await render({ values: 'gpu-keda' });
  const byRole: Record<string, string[]> = {
    extract: [queues.extract],
    propagate: [queues.propagate],
    annotate: [queues.annotate, queues.views],
  };
  for (const { metadata, spec } of ofKind(all, 'ScaledObject')) {
    const [container] = poolsOf(all).get(metadata.labels['saltworks/pool'])!.pod.containers;
    const triggers = spec.triggers.filter(({ type }: { type: string }) => type === 'temporal');
    const asked = triggers.map(({ metadata }: Yaml) => metadata.taskQueue);
    expect(asked).toEqual(rolesOf(container).flatMap((role) => byRole[role]));
    for (const { metadata } of triggers) expect(metadata.queueTypes).toBe('activity');
  }
});

test('a pool outlives its longest shard, a worker its longest image', async () => {
  for (const values of ['gpu-keda', 'everything', 'temporal-cloud']) {
    const all = await render({ values });
    const given = parse(readFileSync(join(chart, 'ci', `${values}-values.yaml`), 'utf8'));
    for (const pool of given.workers ?? defaults.workers) {
      const { longestShardSeconds, longestImageSeconds } = { ...defaults.workerDefaults, ...pool };
      const scaled = ofKind(all, 'ScaledObject').find(
        ({ metadata }) => metadata.labels['saltworks/pool'] === pool.name,
      )!;
      const { cooldownPeriod, advanced } = scaled.spec;
      expect(cooldownPeriod).toBeGreaterThanOrEqual(longestShardSeconds);
      const { scaleDown } = advanced.horizontalPodAutoscalerConfig.behavior;
      // Kubernetes takes an hour at most.
      expect(scaleDown.stabilizationWindowSeconds).toBe(Math.min(Math.max(300, longestShardSeconds), 3600));
      const { terminationGracePeriodSeconds } = poolsOf(all).get(pool.name)!.pod;
      expect(terminationGracePeriodSeconds).toBeGreaterThan(longestImageSeconds);
    }
  }
});

test('batch pools go to zero, pools of annotators never do', async () => {
  const all = await render({
    values: 'gpu-keda',
    over: {
      workers: [
        { name: 'people', roles: ['annotate', 'propagate'], minReplicas: 0 },
        { name: 'batch', roles: ['extract', 'propagate'] },
      ],
    },
  });
  const least = ofKind(all, 'ScaledObject').map(({ metadata, spec }) => [
    metadata.labels['saltworks/pool'],
    spec.minReplicaCount,
  ]);
  expect(Object.fromEntries(least)).toEqual({ people: 1, batch: 0 });
});

test('work that runs is counted by a metric that workers have', async () => {
  const all = await render({ values: 'gpu-keda' });
  const metrics = readFileSync(new URL('../../packages/telemetry/src/metrics.ts', import.meta.url), 'utf8');
  for (const { spec } of ofKind(all, 'ScaledObject')) {
    const { metadata } = spec.triggers.find(({ type }: { type: string }) => type === 'prometheus');
    const [, name] = metadata.query.match(/saltworks_(\w+)\{/);
    expect(metrics).toContain(`'${name}'`);
    // A pod's name is that of its Deployment and two words; a pool `gpu` must not count the workers of `gpu-large`.
    const [, pods] = metadata.query.match(/pod=~"(.*)"/);
    expect(`${spec.scaleTargetRef.name}-7d9f8b6c5-x2x4z`).toMatch(new RegExp(`^${pods}$`));
    expect(`${spec.scaleTargetRef.name}-large-7d9f8b6c5-x2x4z`).not.toMatch(new RegExp(`^${pods}$`));
  }
});

test('KEDA shows Temporal what workers show it', async () => {
  const cloud = await render({ values: 'temporal-cloud' });
  const [authentication] = ofKind(cloud, 'TriggerAuthentication');
  expect(authentication.spec.secretTargetRef).toEqual([
    { parameter: 'apiKey', name: 'saltworks-temporal', key: 'api-key' },
  ]);
  for (const { spec } of ofKind(cloud, 'ScaledObject')) {
    expect(spec.triggers[0].authenticationRef).toEqual({ name: authentication.metadata.name });
  }
  expect(ofKind(await render({ values: 'gpu-keda' }), 'TriggerAuthentication')).toEqual([]);
});
