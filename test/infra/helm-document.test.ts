/** docs/deploy.md, on a cluster: its values render, its commands exist, its secrets are those that its values name. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Manifest, ofKind, refusal, render, variablesOf, workloads, type Yaml } from './chart.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const text = readFileSync(`${root}docs/deploy.md`, 'utf8');
const section = text.slice(text.indexOf('\n## A cluster\n'));
const fences = (language: string) =>
  [...section.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, body]) => body);
const commands = fences('kubectl').flatMap((body) => body.trim().split('\n'));
const [first, ...further] = fences('yaml').map((body) => parse(body));

/** Secrets and keys that the commands make. */
function made(): Map<string, string[]> {
  const found = commands.filter((each) => each.includes('create secret generic'));
  return new Map(
    found.map((command) => {
      const [, name] = /generic (\S+)/.exec(command)!;
      // `--from-file=KEY=FILE`, or FILE alone under its own name.
      return [name, [...command.matchAll(/--from-file=([^\s=]+)/g)].map(([, key]) => key)];
    }),
  );
}

/** Secrets and keys that pods ask for. */
function asked(all: Manifest[]): [string, string][] {
  const sources = workloads(all).flatMap(({ pod }) => pod.volumes.flatMap(({ projected }) => projected?.sources ?? []));
  return sources.flatMap(({ secret }: Yaml) => secret.items.map(({ key }: Yaml) => [secret.name, key]));
}

test('its first values render, and ask for the secrets that its commands make, under their keys', async () => {
  const all = await render({ over: first });
  const secrets = made();
  expect(secrets.size).toBeGreaterThan(3);
  for (const [name, key] of asked(all)) expect(secrets.get(name), `${name} ${key}`).toContain(key);
  const names = new Set(asked(all).map(([name]) => name));
  expect([...secrets.keys()].sort()).toEqual([...names].sort());
  expect(ofKind(all, 'Ingress')[0].metadata.annotations).toMatchObject({
    'nginx.ingress.kubernetes.io/proxy-buffering': 'off',
  });
});

test('its other values go on top of them, one by one and together', async () => {
  expect(further.length).toBeGreaterThan(3);
  for (const over of further) {
    expect(await refusal({ over: { ...first, ...over }, set: ['images.server.tag=0.2.0'] })).toBe('');
  }
  const all = await render({ over: Object.assign({}, first, ...further), set: ['images.server.tag=0.2.0'] });
  const gpu = workloads(all).find(({ labels }) => labels['saltworks/pool'] === 'gpu')!;
  expect(variablesOf(gpu.pod.containers[0]).SALTWORKS_BATCH).toBe('16');
});

test('its commands name deployments and settings that there are', async () => {
  const all = await render({ release: 'saltworks', over: first });
  const deployments = ofKind(all, 'Deployment').map(({ metadata }) => metadata.name);
  for (const command of commands) {
    for (const [, name] of command.matchAll(/deployment\/(\S+)/g)) expect(deployments).toContain(name);
    if (/^helm (upgrade|install)/.test(command)) expect(command).toContain('saltworks infra/helm/saltworks');
    if (/^(kubectl|helm)/.test(command) && !command.includes('create namespace')) {
      expect(command).toContain('--namespace saltworks');
    }
  }
});

const ours = commands.flatMap(
  (each) => /(?:^| )saltworks ((?:[a-z]+ ?)+)/.exec(each.split(' -- ')[1] ?? '')?.[1].trim() ?? [],
);

test.each([...new Set(ours)])('saltworks %s is a command', (words) => {
  const { stdout } = spawnSync(process.execPath, [`${root}saltworks`, ...words.split(' '), '--help'], {
    encoding: 'utf8',
  });
  expect(stdout).toContain(`Usage: saltworks ${words}`);
});
