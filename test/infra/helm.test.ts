/** What holds of everything that the chart renders, whatever the values. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backupCommand } from '@saltworks/cli/commands/backup';
import { deploymentCommand } from '@saltworks/cli/commands/deployment';
import { migrateCommand } from '@saltworks/cli/commands/migrate';
import { roleCommands } from '@saltworks/cli/commands/roles';
import { readSettings } from '@saltworks/cli/settings';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import {
  chart,
  type Manifest,
  ofKind,
  poolsOf,
  render,
  rolesOf,
  selects,
  valueSets,
  variablesOf,
  workloads,
  type Yaml,
} from './chart.ts';

const read = (file: string) => readFileSync(new URL(`../../packages/cli/src/${file}`, import.meta.url), 'utf8');
const settings = read('settings.ts');
const secretFiles = read('secret-files.ts');

const commands = [...roleCommands(), migrateCommand(), backupCommand(), deploymentCommand()];

/** Whether the command reads a variable: by a name that settings.ts spells or puts together, or for a secret by a file's. */
function isRead(name: string): boolean {
  if (name.endsWith('_FILE')) return secretFiles.includes(`'${name.slice(0, -'_FILE'.length)}'`);
  if (new RegExp(`\\b${name}\\b`).test(settings)) return true;
  // `SALTWORKS_OIDC_${name}`, for each of a list.
  const begins = [...settings.matchAll(/`(\w+_)\$\{\w+\}`/g)].map(([, begin]) => begin);
  return begins.some((begin) => name.startsWith(begin) && settings.includes(`'${name.slice(begin.length)}'`));
}

describe.each(valueSets)('values %s', (values) => {
  let all: Manifest[];
  beforeAll(async () => {
    all = await render({ values });
  });

  test('no two manifests of one kind have one name, and none names a namespace', () => {
    const names = all.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(new Set(names).size).toBe(names.length);
    expect(all.filter(({ metadata }) => metadata.namespace)).toEqual([]);
    for (const { metadata } of all) expect(metadata.name).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
  });

  test('every label is one that Kubernetes takes', () => {
    const labels = [...all.map(({ metadata }) => metadata.labels), ...workloads(all).map(({ labels }) => labels)];
    for (const value of labels.flatMap((each) => Object.values(each ?? {}))) {
      expect(value).toMatch(/^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/);
    }
  });

  test('every pod runs without root, without a writable image, without capabilities, without a token', () => {
    for (const { pod } of workloads(all)) {
      expect(pod.automountServiceAccountToken).toBe(false);
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      expect(pod.securityContext.runAsUser).toBeGreaterThan(0);
      for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container.resources.requests).toHaveProperty('cpu');
        expect(container.resources.requests).toHaveProperty('memory');
        expect(container.resources.limits).toHaveProperty('memory');
      }
    }
    for (const each of ofKind(all, 'ServiceAccount'))
      expect(each).toMatchObject({ automountServiceAccountToken: false });
  });

  test('what a pod writes to is a folder of limited size that ends with it; every mount has its volume', () => {
    for (const { pod } of workloads(all)) {
      const volumes = new Map(pod.volumes.map((volume) => [volume.name, volume]));
      for (const { volumeMounts } of pod.containers) {
        expect(new Set(volumeMounts.map(({ name }) => name))).toEqual(new Set(volumes.keys()));
        for (const { name, readOnly } of volumeMounts) {
          if (!readOnly) expect(volumes.get(name).emptyDir.sizeLimit).toMatch(/^\d+Gi$/);
        }
        expect(volumeMounts.map(({ mountPath }) => mountPath)).toEqual(
          expect.arrayContaining(['/var/lib/saltworks', '/tmp']),
        );
      }
    }
  });

  test('no secret is made or copied: variables name files, which are keys of your secrets', () => {
    expect(ofKind(all, 'Secret')).toEqual([]);
    const secrets = /PASSWORD|TOKEN|SECRET|ACCESS_KEY|API_KEY|DATABASE/;
    for (const { pod } of workloads(all)) {
      const sources = pod.volumes.flatMap(({ projected }) => projected?.sources ?? []);
      const files = sources.flatMap(({ secret }: Yaml) => secret.items.map(({ path }: Yaml) => path));
      expect(new Set(files).size).toBe(files.length);
      const named = pod.containers.flatMap(({ env }) => env);
      for (const { name, value } of named) {
        expect(typeof value).toBe('string');
        if (secrets.test(name)) expect(name).toMatch(/_FILE$/);
        if (value.startsWith('/run/secrets/')) expect(files).toContain(value.replace('/run/secrets/saltworks/', ''));
      }
      const paths = named.map(({ value }) => value);
      expect(files.filter((file: string) => !paths.includes(`/run/secrets/saltworks/${file}`))).toEqual([]);
    }
  });

  test('the command reads every variable', () => {
    const names = workloads(all).flatMap(({ pod }) => pod.containers.flatMap(({ env }) => env.map(({ name }) => name)));
    // Node's own, and OpenTelemetry's.
    const ours = [...new Set(names)].filter((name) => !/^(NODE_EXTRA_CA_CERTS|OTEL.*)$/.test(name));
    expect(ours.filter((name) => !isRead(name))).toEqual([]);
    expect(isRead('SALTWORKS_NO_SUCH_THING') || isRead('SALTWORKS_HOME_FILE')).toBe(false);
  });

  test('the command takes the settings and the arguments of every container', () => {
    const folder = mkdtempSync(join(tmpdir(), 'saltworks-secrets-'));
    for (const { pod } of workloads(all)) {
      for (const { path } of pod.volumes
        .flatMap(({ projected }) => projected?.sources ?? [])
        .flatMap(({ secret }: Yaml) => secret.items)) {
        const forms: Record<string, string> = { database: 'postgres://user@host/name', 'tracing-headers': 'a=b' };
        writeFileSync(join(folder, path), forms[path] ?? `${path}, of no use outside this test`);
      }
      for (const container of pod.containers) {
        const here = Object.entries(variablesOf(container)).map(([name, value]) => [
          name,
          value.replace('/run/secrets/saltworks/', `${folder}/`),
        ]);
        const settings = readSettings(Object.fromEntries(here));
        expect(settings.home).toBe('/var/lib/saltworks');
        expect(settings.log.format).toBe('json');
        const [name, ...args] = container.args;
        let command = commands.find((each) => each.name() === name);
        expect(command, name).toBeDefined();
        for (const word of args) command = command?.commands.find((each) => each.name() === word) ?? command;
        const flags = command?.options.map(({ long }) => long);
        for (const arg of args.filter((each) => each.startsWith('--'))) expect(flags).toContain(arg.split('=')[0]);
      }
    }
    rmSync(folder, { recursive: true });
  });

  test('no number is written as 1e+09', () => {
    for (const { pod } of workloads(all)) {
      const texts = pod.containers.flatMap(({ args, env }) => [...args, ...env.map(({ value }) => value)]);
      expect(texts.filter((text) => /^[^:]*\de\+\d/.test(text))).toEqual([]);
    }
  });

  test('probes ask what processes answer, on the port where they listen', () => {
    for (const { manifest, pod } of workloads(all)) {
      if (manifest.kind !== 'Deployment') continue;
      const [container] = pod.containers;
      const port = container.ports![0];
      const { livenessProbe, readinessProbe, startupProbe } = container;
      expect(livenessProbe.httpGet).toEqual({ path: '/healthz', port: port.name });
      expect(startupProbe.httpGet).toEqual({ path: '/healthz', port: port.name });
      expect(readinessProbe.httpGet).toEqual({ path: '/readyz', port: port.name });
      const env = variablesOf(container);
      expect(env.SALTWORKS_PORT ?? env.SALTWORKS_WORKER_PORT).toBe(String(port.containerPort));
      expect(env.SALTWORKS_HOST ?? env.SALTWORKS_WORKER_HOST).toBe('0.0.0.0');
    }
  });

  test('every port that a service, a policy or a monitor names is a port of a container that it selects', () => {
    const pods = workloads(all);
    const portsOf = (selector: Yaml) =>
      pods
        .filter(({ labels }) => selects(selector, labels))
        .flatMap(({ pod }) => pod.containers.flatMap(({ ports }) => ports?.map(({ name }) => name) ?? []));
    for (const { spec } of ofKind(all, 'Service')) {
      for (const { targetPort } of spec.ports) expect(portsOf({ matchLabels: spec.selector })).toContain(targetPort);
    }
    for (const { spec } of ofKind(all, 'NetworkPolicy')) {
      for (const { from, ports } of spec.ingress ?? []) {
        // An empty list would be anybody.
        expect(from.length).toBeGreaterThan(0);
        for (const { port } of ports) expect(portsOf(spec.podSelector)).toContain(port);
      }
    }
    for (const { spec } of ofKind(all, 'PodMonitor')) {
      expect(portsOf(spec.selector)).toContain('telemetry');
    }
    for (const { spec } of ofKind(all, 'ServiceMonitor')) {
      const [service] = ofKind(all, 'Service').filter(({ metadata }) => selects(spec.selector, metadata.labels));
      const named = service.spec.ports.map(({ name }: { name: string }) => name);
      for (const { port } of spec.endpoints) expect(named).toContain(port);
    }
  });

  test('every pod is under a policy that denies and one that allows; deployments under a disruption budget', () => {
    const policies = ofKind(all, 'NetworkPolicy');
    const budgets = ofKind(all, 'PodDisruptionBudget');
    const [deny] = policies.filter(({ metadata }) => metadata.name.endsWith('-deny'));
    expect(deny.spec).not.toHaveProperty('ingress');
    expect(deny.spec).not.toHaveProperty('egress');
    for (const { manifest, labels } of workloads(all)) {
      const over = policies.filter(({ spec }) => selects(spec.podSelector, labels));
      expect(over).toContain(deny);
      expect(over).toHaveLength(2);
      const counted = manifest.kind === 'Deployment' && labels['app.kubernetes.io/component'] !== 'draining';
      expect(budgets.filter(({ spec }) => selects(spec.selector, labels))).toHaveLength(counted ? 1 : 0);
    }
    for (const { spec } of budgets) expect(spec.maxUnavailable).toBe(1);
  });

  test('selectors do not overlap, and no version is in them, so that an upgrade can keep them', async () => {
    const deployments = workloads(all).filter(({ manifest }) => manifest.kind === 'Deployment');
    for (const { manifest } of deployments) {
      expect(deployments.filter(({ labels }) => selects(manifest.spec.selector, labels))).toHaveLength(1);
    }
    const next = await render({ values, upgrade: true, set: ['images.server.tag=9.9.9', 'images.cpu.tag=9.9.9'] });
    const selectorOf = (manifests: Manifest[], name: string) =>
      ofKind(manifests, 'Deployment').find(({ metadata }) => metadata.name === name)?.spec.selector;
    for (const { manifest } of deployments) {
      const { name } = manifest.metadata;
      expect(selectorOf(next, name)).toEqual(selectorOf(all, name));
    }
  });

  test('a roll-out begins with a migration under a name of its own, which needs nothing of the release', async () => {
    const jobOf = (manifests: Manifest[]) => ofKind(manifests, 'Job').find(({ metadata }) => metadata.annotations)!;
    const job = jobOf(all);
    expect(job.metadata.annotations).toMatchObject({ 'helm.sh/hook': 'pre-install,pre-upgrade' });
    const pod = job.spec.template.spec;
    expect(pod.containers[0].args).toEqual(['migrate']);
    expect(pod).not.toHaveProperty('serviceAccountName');
    expect(jobOf(await render({ values })).metadata.name).toBe(job.metadata.name);
    const other = [
      { values, set: ['images.server.tag=9.9.9,images.server.digest='] },
      { values, set: ['server.replicas=5'] },
    ];
    for (const options of other) expect(jobOf(await render(options)).metadata.name).not.toBe(job.metadata.name);
  });

  test('every role has workers', () => {
    const roles = [...poolsOf(all).values()].flatMap(({ pod }) => rolesOf(pod.containers[0]));
    expect(new Set(roles)).toEqual(new Set(['extract', 'propagate', 'annotate']));
  });

  test('a GPU is asked for where inference takes one, and nowhere else; no roll-out waits for a second one', () => {
    for (const { manifest, pod } of poolsOf(all).values()) {
      const [{ args, resources, image }] = pod.containers;
      const cuda = args.includes('--device=cuda');
      expect('nvidia.com/gpu' in resources.limits).toBe(cuda);
      expect(image.includes('worker-cuda')).toBe(cuda);
      expect(manifest.spec.strategy.rollingUpdate.maxSurge).toBe(cuda ? 0 : 1);
    }
  });
});

test('alarms and dashboard arrive as they are in files/', async () => {
  const all = await render({ values: 'everything' });
  const file = (name: string) => readFileSync(join(chart, 'files', name), 'utf8');
  expect(ofKind(all, 'PrometheusRule')[0].spec).toEqual(parse(file('alerts.yaml')));
  const [dashboard] = ofKind(all, 'ConfigMap');
  expect(JSON.parse(dashboard.data!['saltworks.json'])).toEqual(JSON.parse(file('dashboard.json')));
});

test('the backup keeps as many as the values say', async () => {
  const argsOf = async (...more: string[]) => {
    const set = ['backup.enabled=true', 'backup.to=s3://backups/salt', ...more];
    const [{ pod }] = workloads(ofKind(await render({ set }), 'CronJob'));
    return pod.containers[0].args;
  };
  expect(await argsOf()).toEqual(['backup', 'create', 's3://backups/salt', '--keep', '14']);
  expect(await argsOf('backup.keep=3')).toEqual(['backup', 'create', 's3://backups/salt', '--keep', '3']);
});
