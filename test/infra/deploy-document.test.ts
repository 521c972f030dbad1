import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { runSteps, stepsOf } from '../../e2e/document.ts';
import { compose, root } from './compose.ts';
import { readText } from './dockerfile.ts';

const text = readText(join(root, 'docs/deploy.md'));
const fences = [...text.matchAll(/^```docker\n(.*?)^```/gms)].map(([, body]) => body);
const commands = fences.flatMap((body) => body.trim().split('\n'));
const cwd = mkdtempSync(join(tmpdir(), 'saltworks-deploy-'));
afterAll(() => rmSync(cwd, { recursive: true }));

describe('docs/deploy.md', () => {
  test('its commands print what it says', async () => {
    cpSync(join(root, 'infra/init-secrets.mjs'), join(cwd, 'infra/init-secrets.mjs'));
    const steps = stepsOf(text).filter(({ command }) => /^(node|ls) /.test(command));
    expect(steps.length).toBeGreaterThan(1);
    await runSteps(steps, { cwd, env: {}, ids: new Map() });
  });

  test.each(commands.filter((each) => each.includes('docker compose')))('%s', (command) => {
    const [, before, , rest] = /^(.*?)docker compose (-f infra\/compose\.yaml) (.*)$/.exec(command)!;
    const own = readText(join(root, 'infra/compose.yaml'));
    for (const [, name] of before.matchAll(/(\w+)=/g)) expect(own).toContain(`\${${name}:-`);
    for (const [, name] of rest.matchAll(/--scale ([\w-]+)=/g)) expect(compose.services).toHaveProperty(name);
    for (const [, name] of rest.matchAll(/--profile ([\w-]+)/g)) {
      expect(Object.values(compose.services).flatMap(({ profiles = [] }) => profiles)).toContain(name);
    }
    const [, service, args] = /(?:exec|run --rm(?: --volume \S+)?) ([\w-]+) (.*)$/.exec(rest) ?? [];
    if (service === undefined) return;
    expect(compose.services).toHaveProperty(service);
    // Up to the first argument that is no command's name.
    const words = args
      .replace(/^saltworks /, '')
      .split(' ')
      .slice(0, 2)
      .filter((word) => /^[a-z]+$/.test(word));
    const named = words[0] === 'extract' ? words.slice(0, 1) : words;
    const { stdout } = spawnSync(process.execPath, [join(root, 'saltworks'), ...named, '--help'], { encoding: 'utf8' });
    expect(stdout).toContain(`Usage: saltworks ${named.join(' ')} `);
  });

  test('names images by the version that is checked out, as the chart does', () => {
    const [, asked] = /VERSION=\$\((.*?)\) docker/.exec(text)!;
    const { stdout } = spawnSync('sh', ['-c', asked], { cwd: root, encoding: 'utf8' });
    const chart = parse(readText(join(root, 'infra/helm/saltworks/Chart.yaml')));
    expect(stdout.trim()).toBe(chart.appVersion);
  });

  test('says how much memory the containers may take', () => {
    const lasting = Object.values(compose.services).filter(
      ({ profiles, restart }) => !profiles && restart !== 'on-failure',
    );
    const sizes = lasting.map(({ deploy }) => deploy.resources.limits.memory);
    const gigabytes = sizes.reduce((sum, size) => sum + Number.parseInt(size, 10) / (size.endsWith('G') ? 1 : 1024), 0);
    expect(text).toContain(`add up to ${Math.floor(gigabytes)} GB of memory`);
  });

  test('lists the variables that compose reads, with their defaults', () => {
    const own = new Map(
      [...readText(join(root, 'infra/compose.yaml')).matchAll(/\$\{(\w+):-([^}]*)\}/g)].map(([, name, value]) => [
        name,
        value,
      ]),
    );
    for (const [name, value] of own) {
      expect(text).toContain(`\`${name}\``);
      expect(text).toContain(value);
    }
  });
});
