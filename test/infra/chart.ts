/** The chart as Helm renders it. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, parseAllDocuments } from 'yaml';
import { goProgram } from '../go-tools.ts';

export const chart = fileURLToPath(new URL('../../infra/helm/saltworks/', import.meta.url));

/** The values that are tried, by their names below `ci/`. */
export const valueSets = readdirSync(join(chart, 'ci')).map((file) => file.replace('-values.yaml', ''));

/** Kubernetes: the oldest that the chart takes, one in between, the newest whose schemas are published. */
export const kubernetesVersions = ['1.30.0', '1.34.0', '1.37.0'];

// biome-ignore lint/suspicious/noExplicitAny: a hundred shapes, each read in one place, where a wrong one fails the test
export type Yaml = any;

export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels: Record<string, string>; annotations?: Record<string, string> };
  spec: Yaml;
  data?: Record<string, string>;
}

export interface PodSpec {
  containers: Container[];
  initContainers?: Container[];
  securityContext: Record<string, Yaml>;
  automountServiceAccountToken: boolean;
  terminationGracePeriodSeconds?: number;
  serviceAccountName?: string;
  volumes: Yaml[];
  [key: string]: unknown;
}

export interface Container {
  name: string;
  image: string;
  args: string[];
  env: { name: string; value: string }[];
  ports?: { name: string; containerPort: number }[];
  securityContext: Record<string, Yaml>;
  volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[];
  resources: { requests: Record<string, string>; limits: Record<string, string> };
  [key: string]: Yaml;
}

const helm = await goProgram('helm', 'helm.sh/helm/v3/cmd/helm@v3.19.2');
/** Why there is no Helm here, if so. */
export const missing = helm.missing;
const home = mkdtempSync(join(tmpdir(), 'saltworks-helm-'));

/** @returns its exit code, and what it wrote */
export function runHelm(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  // Nobody's own settings of Helm count.
  const env = { PATH: process.env.PATH, HELM_CACHE_HOME: home, HELM_CONFIG_HOME: home, HELM_DATA_HOME: home };
  return new Promise((resolve) => {
    execFile(helm.path, args, { env, maxBuffer: 1e8 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr }),
    );
  });
}

export interface RenderOptions {
  /** Of `ci/`. */
  values?: string;
  /** `a.b=c`, parsed as Helm does. */
  set?: readonly string[];
  /** Values over these. */
  over?: unknown;
  release?: string;
  kubernetes?: string;
  upgrade?: boolean;
}

let files = 0;

/** Arguments of `helm template`, and of `helm lint`, for these values. */
export function valueArguments({ values = 'minimal', set = [], over, kubernetes }: RenderOptions): string[] {
  const args = ['--values', join(chart, 'ci', `${values}-values.yaml`)];
  args.push('--kube-version', kubernetes ?? kubernetesVersions.at(-1)!);
  for (const each of set) args.push('--set', each);
  if (over !== undefined) {
    files += 1;
    const file = join(home, `over-${files}.json`);
    writeFileSync(file, JSON.stringify(over));
    args.push('--values', file);
  }
  return args;
}

export function template(options: RenderOptions = {}) {
  const { release = 'rel', upgrade } = options;
  const args = ['template', release, chart, '--namespace', 'vision', ...valueArguments(options)];
  return runHelm(...args, ...(upgrade ? ['--is-upgrade'] : []));
}

/** @throws Error with what Helm says, if it refuses */
export async function render(options: RenderOptions = {}): Promise<Manifest[]> {
  const { code, stdout, stderr } = await template(options);
  if (code !== 0) throw new Error(stderr);
  return manifests(stdout);
}

/** @throws Error at YAML that is not sound, a key that stands twice included */
export function manifests(text: string): Manifest[] {
  return parseAllDocuments(text).map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS() as Manifest;
  });
}

/** What Helm says when it refuses these values. */
export async function refusal(options: RenderOptions): Promise<string> {
  const { code, stderr } = await template(options);
  return code === 0 ? '' : stderr;
}

export const ofKind = (all: readonly Manifest[], kind: string) => all.filter((each) => each.kind === kind);

/** What starts pods, with the labels and the spec of these. */
export function workloads(all: readonly Manifest[]) {
  return all.flatMap((manifest) => {
    const { kind, spec } = manifest;
    const pod = kind === 'CronJob' ? spec.jobTemplate.spec.template : spec?.template;
    if (!['Deployment', 'Job', 'CronJob'].includes(kind)) return [];
    return [{ manifest, labels: pod.metadata.labels as Record<string, string>, pod: pod.spec as PodSpec }];
  });
}

/** Whether a selector of Kubernetes takes these labels. */
export function selects(selector: Yaml, labels: Record<string, string>): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, values }: Yaml) => values.includes(labels[key]))
  );
}

/** The values of the chart, without those of `ci/`. */
export const defaults: Yaml = parse(readFileSync(join(chart, 'values.yaml'), 'utf8'));

/** The roles of a worker's container. */
export const rolesOf = ({ args }: Container): string[] =>
  args
    .find((each) => each.startsWith('--roles='))!
    .slice('--roles='.length)
    .split(',');

export const variablesOf = (container: Container): Record<string, string> =>
  Object.fromEntries(container.env.map(({ name, value }) => [name, value]));

/** The workers' Deployments by pool. */
export const poolsOf = (all: readonly Manifest[]) =>
  new Map(
    workloads(all)
      .filter(({ labels }) => labels['app.kubernetes.io/component'] === 'worker')
      .map((each) => [each.labels['saltworks/pool'], each]),
  );
