/** Every set of values is sound to Helm, and what it renders is sound to every Kubernetes that the chart takes. */
import { execFile } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { goProgram } from '../go-tools.ts';
import {
  chart,
  kubernetesVersions,
  manifests,
  missing,
  runHelm,
  template,
  valueArguments,
  valueSets,
} from './chart.ts';
import { scalerFields, missing as schemasMissing, writeSchemas } from './schemas.ts';

const kubeconform = await goProgram('kubeconform', 'github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0');
const locations = schemasMissing ? [] : writeSchemas(kubernetesVersions);

interface Verdict {
  filename: string;
  kind: string;
  name: string;
  status: string;
  msg: string;
}

/** @returns a line each about documents that do not fit their schema, or have none */
async function faults(text: string, kubernetes: string): Promise<string[]> {
  const args = ['-output', 'json', '-strict', '-verbose', '-kubernetes-version', kubernetes];
  for (const location of locations) args.push('-schema-location', location);
  const stdout = await new Promise<string>((resolve) => {
    const child = execFile(kubeconform.path, [...args, '-'], { maxBuffer: 1e8 }, (_, out) => resolve(out));
    child.stdin!.end(text);
  });
  const { resources } = JSON.parse(stdout) as { resources: Verdict[] };
  expect(resources).toHaveLength(manifests(text).length);
  return resources
    .filter(({ status }) => status !== 'statusValid')
    .map(({ kind, name, status, msg }) => `${kind} ${name}: ${status} ${msg}`);
}

test('Helm, kubeconform and the schemas are installed', () => {
  expect([missing, kubeconform.missing, schemasMissing]).toEqual([undefined, undefined, undefined]);
});

describe.each(valueSets)('values %s', (values) => {
  test('pass helm lint', async () => {
    const { code, stdout, stderr } = await runHelm('lint', chart, '--strict', ...valueArguments({ values }));
    expect(stderr).toBe('');
    expect(stdout).toContain('0 chart(s) failed');
    expect(code).toBe(0);
  });

  test.each(kubernetesVersions)('render what Kubernetes %s takes', async (kubernetes) => {
    const { stdout, stderr } = await template({ values, kubernetes });
    expect(stderr).toBe('');
    expect(await faults(stdout, kubernetes)).toEqual([]);
  });
});

test('a misspelt field, a wrong type and an unknown kind are found', async () => {
  const { stdout } = await template({ values: 'everything' });
  const documents = stdout.split(/^---$/m);
  const changed = [
    ['readOnlyRootFilesystem', 'readOnlyRootFileSystem'],
    ['replicas: 3', 'replicas: three'],
    ['cooldownPeriod', 'coolDownPeriod'],
    ['podMetricsEndpoints', 'podMetricsEndpoint'],
    ['kind: HTTPRoute', 'kind: HTTPRout'],
  ].map(([right, wrong]) => documents.find((each) => each.includes(right))!.replace(right, wrong));
  expect(await faults(changed.join('---'), kubernetesVersions.at(-1)!)).toHaveLength(changed.length);
});

test('KEDA reads every field of the triggers', async () => {
  const { stdout } = await template({ values: 'everything' });
  const triggers = manifests(stdout).flatMap(({ kind, spec }) => (kind === 'ScaledObject' ? spec.triggers : []));
  for (const { type, metadata } of triggers) {
    expect(scalerFields(type)).toEqual(expect.arrayContaining(Object.keys(metadata)));
  }
  expect(scalerFields('temporal')).toContain('workerDeploymentBuildId');
  expect(scalerFields('temporal')).not.toContain('buildId');
});

test('a Kubernetes that is too old is refused', async () => {
  const { code, stderr } = await template({ kubernetes: '1.29.0' });
  expect(code).not.toBe(0);
  expect(stderr).toContain('>=1.30.0-0');
});
