import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { backboneCommand } from '@saltworks/cli/commands/backbone';
import { migrateCommand } from '@saltworks/cli/commands/migrate';
import { roleCommands } from '@saltworks/cli/commands/roles';
import { secretNames } from '@saltworks/cli/secret-files';
import { readSettings } from '@saltworks/cli/settings';
import { afterAll, describe, expect, test } from 'vitest';
import { goProgram } from '../go-tools.ts';
import { compose, root, type Service } from './compose.ts';
import { readDockerfile, readText, textsOf } from './dockerfile.ts';

const run = promisify(execFile);
const secrets = mkdtempSync(join(tmpdir(), 'saltworks-secrets-'));
const init = () => run(process.execPath, [join(root, 'infra/init-secrets.mjs'), secrets]);
afterAll(() => rmSync(secrets, { recursive: true }));

const services = Object.entries(compose.services);
const ours = services.filter(([, { build }]) => build);
const { stages } = readDockerfile(readText(join(root, 'infra/docker/Dockerfile')));
const isJob = (name: string) =>
  services.some(([, { depends_on }]) => depends_on?.[name]?.condition === 'service_completed_successfully');
const instructionOf = (target: string, keyword: string) => textsOf(stages, target, keyword).at(-1);

describe('compose.yaml', () => {
  test("is accepted by compose's own loader, with every profile", async ({ skip }) => {
    const { path, missing } = await goProgram('cmd', 'github.com/compose-spec/compose-go/v2/cmd@v2.16.2');
    if (missing) skip(missing);
    const env = { PATH: process.env.PATH, COMPOSE_PROFILES: '*' };
    const loaded = await run(path, ['--format', 'json', 'compose.yaml'], { cwd: join(root, 'infra'), env });
    const model = JSON.parse(loaded.stdout);
    expect(Object.keys(model.services).sort()).toEqual(Object.keys(compose.services).sort());
    for (const { file } of Object.values<{ file: string }>(model.configs)) expect(existsSync(file), file).toBe(true);
  }, 600_000);

  test.each(services)(
    '%s has an image of one version, limits that a small machine has, and restarts',
    (name, service) => {
      const { image, build, restart, deploy, profiles = [] } = service;
      const built = /^\$\{REGISTRY:-saltworks\}\/([\w-]+):\$\{VERSION:-dev\}$/.exec(image);
      if (build) expect(built?.[1]).toBe(build.target);
      else expect(image).toMatch(/^[\w./-]+:v?\d+(\.\d+)+(-\w+)?$/);
      const { cpus, memory } = deploy.resources.limits;
      expect(Number(/^(?:\$\{\w+:-)?([\d.]+)\}?$/.exec(cpus)?.[1])).toBeLessThanOrEqual(2);
      expect(memory).toMatch(/^\d+[MG]$/);
      if (!profiles.includes('tools')) expect(restart).toBe(isJob(name) ? 'on-failure' : 'unless-stopped');
    },
  );

  test.each(services)('%s says how it is, or why not, and starts after what it needs', (name, service) => {
    const checked = (each: Service) =>
      each.healthcheck !== undefined ||
      (each.build && instructionOf(each.build.target, 'HEALTHCHECK')?.includes('CMD'));
    if (!isJob(name) && !service.profiles?.includes('tools')) {
      expect(checked(service) || service['x-no-healthcheck']).toBeTruthy();
    }
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      expect(compose.services[other].profiles ?? service.profiles).toEqual(service.profiles);
      if (condition === 'service_healthy') expect(checked(compose.services[other]), other).toBeTruthy();
      else expect([condition, isJob(other)]).toEqual(['service_completed_successfully', true]);
    }
  });

  test('opens the page, and Grafana where asked for, on this machine alone', () => {
    const open = services.flatMap(([name, { ports = [] }]) => ports.map((port) => [name, port]));
    expect(open).toEqual([
      ['proxy', expect.stringMatching(/^127\.0\.0\.1:/)],
      ['grafana', expect.stringMatching(/^127\.0\.0\.1:/)],
    ]);
    expect(compose.networks.inside.internal).toBe(true);
    const outside = services.filter(([, { networks }]) => networks.includes('outside')).map(([name]) => name);
    expect(outside).toEqual(['proxy', 'server', 'backbones', 'saltworks', 'grafana']);
  });

  test('has every secret in a file that init-secrets.mjs makes, and none inline', async () => {
    await init();
    expect(Object.keys(compose.secrets).sort()).toEqual(readdirSync(secrets).sort());
    for (const [name, { file }] of Object.entries(compose.secrets)) expect(file).toBe(`secrets/${name}`);
    for (const [, { environment = {}, secrets: given = [] }] of services) {
      for (const [name, value] of Object.entries(environment)) {
        if (!/PASSWORD|SECRET|TOKEN|KEY|DATABASE_FILE/.test(name)) continue;
        expect(name).toMatch(/_FILE$/);
        expect(given).toContain(/^\/run\/secrets\/(.*)$/.exec(value)?.[1]);
      }
    }
    const text = readText(join(root, 'infra/compose.yaml'));
    for (const [, file] of text.matchAll(/\/run\/secrets\/([\w.-]+)/g)) expect(compose.secrets).toHaveProperty([file]);
  });

  test.each(ours)('%s locks its files, and names settings and commands that there are', async (_, service) => {
    expect(service.read_only).toBe(true);
    const source = readText(join(root, 'packages/cli/src/settings.ts'));
    const known = (name: string) => secretNames.some((secret) => name === `${secret}_FILE`) || source.includes(name);
    const own = textsOf(stages, service.build!.target, 'ENV')
      .join(' ')
      .matchAll(/(\w+)=/g);
    const names = [...Object.keys(service.environment ?? {}), ...[...own].map(([, name]) => name)];
    expect(names.filter((name) => /^SALTWORKS_/.test(name) && !known(name))).toEqual([]);

    const args: string[] = service.command ?? JSON.parse(instructionOf(service.build!.target, 'CMD')!);
    if (args[0] === '--help') return;
    const commands = [...roleCommands(), migrateCommand(), backboneCommand()];
    const command = commands.find((each) => each.name() === args[0])!.exitOverride();
    const { operands, unknown } = command.parseOptions(args.slice(1));
    expect(unknown).toEqual([]);
    if (operands.length > 0) expect(command.commands.map((each) => each.name())).toContain(operands[0]);
  });

  test('gives the server settings that it takes', async () => {
    await init();
    const given = Object.entries(compose.services.server.environment!).map(([name, value]) => [
      name,
      value.replace('/run/secrets', secrets).replace(/^\$\{\w+:-(.*)\}$/, '$1'),
    ]);
    const settings = readSettings(Object.fromEntries(given));
    expect(settings).toMatchObject({
      url: 'http://localhost:8080',
      store: 's3://saltworks',
      temporalAddress: 'temporal:7233',
      database: `postgres://saltworks:${readFileSync(join(secrets, 'database-password'))}@postgres:5432/saltworks`,
      secret: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(settings.s3()).toMatchObject({
      endpoint: 'http://objects:8333',
      credentials: { accessKeyId: expect.any(String) },
    });
  });
});

describe('init-secrets.mjs', () => {
  test('makes secrets that nobody else may reach, says no secret, and leaves what is there', async () => {
    const folder = join(secrets, 'twice');
    const make = () => run(process.execPath, [join(root, 'infra/init-secrets.mjs'), folder]);
    const contents = () => readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]);
    const { stdout } = await make();
    const first = contents();
    for (const [name, text] of first) {
      expect(stdout).toContain(name);
      expect(stdout).not.toContain(text);
    }
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    rmSync(join(folder, 'grafana-password'), { force: true });
    await make();
    const kept = (all: string[][]) => all.filter(([name]) => name !== 'grafana-password');
    expect(kept(contents())).toEqual(kept(first));
    expect(contents().length).toBe(first.length);
    rmSync(folder, { recursive: true });
  });
});
