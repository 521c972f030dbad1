import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createActivities } from '@saltworks/worker/activities';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { python, pythonPackages } from '../../../../test/python-packages.ts';
import {
  importFiles,
  maskThreads,
  openEngine,
  pictures,
  removeEngine,
  scribbles,
} from '../../../worker/test/engine.ts';
import { createApiKey } from '../../dist/api/auth.js';
import { makeUser } from '../campaigns/campaign.ts';
import { type Deployment, openDeployment } from '../deployment.ts';

// Python tools that check and drive APIs, installed into their own folder on first use.
const { folder: packages, missing } = pythonPackages('contract', [
  ['--only-binary', ':all:', '--upgrade', 'schemathesis==4.32.5', 'openapi-spec-validator==0.9.0'],
]);
const env = { ...process.env, PYTHONPATH: packages, NO_COLOR: '1' };

/** Runs Python in another process, since the server answers in this thread. */
const run = (cwd: string, ...args: string[]) =>
  new Promise<{ code: number; text: string }>((resolve) => {
    execFile(python, args, { cwd, env, maxBuffer: 1e8 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, text: stdout + stderr }),
    );
  });

const patient = { timeout: 60_000, interval: 100 };

describe('the document, checked against a server with Temporal and a worker', { timeout: 300_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'saltworks-contract-'));
  const document = join(folder, 'openapi.json');
  const keys = { admin: '', annotator: '' };
  const engine = openEngine();
  let deployment: Deployment;

  async function json(method: string, path: string, body?: unknown, role: keyof typeof keys = 'admin') {
    const answer = await fetch(`http://127.0.0.1:${deployment.server.port}/api${path}`, {
      method,
      headers: {
        authorization: `Bearer ${keys[role]}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    expect(answer.status, `${method} ${path}: ${text}`).toBe(200);
    return JSON.parse(text);
  }

  /** Opens a server, a worker and a store; keys are the images' colours. */
  async function open(): Promise<void> {
    await importFiles(engine.store, 'pans', await pictures(4));
    deployment = await openDeployment({
      ...{ store: engine.store, folder, roles: ['extract', 'propagate', 'annotate'], requestsPerMinute: 1e6 },
      activities: (own) => createActivities({ ...engine, ...own }),
    });
    const { server } = deployment;
    keys.admin = await server.adminKey('test');
    const { db } = server.database;
    keys.annotator = (await createApiKey(db, { user: await makeUser(db, 'annotator'), name: 'test' })).key;
  }

  /** Makes one of everything. @returns ids by parameter name */
  async function populate(): Promise<Record<string, string[]>> {
    const categories = [{ id: 1, name: 'square', colour: '#00ff00', isthing: true }];
    await json('POST', '/campaigns', { id: 'salt', name: 'Salt', dataset: 'pans', categories });
    await json('PUT', '/campaigns/salt/members/annotator', { role: 'annotator' });
    await vi.waitFor(async () => expect((await json('GET', '/campaigns/salt/progress')).tasks).toBe(4), patient);
    const { strokes } = scribbles();
    const done = [
      { kind: 'segment', id: 7, category: 1 },
      ...strokes.map((stroke) => ({ kind: 'stroke', ...stroke })),
      { kind: 'fill', segment: 0, region: [0, 3], spread: false },
      { kind: 'lock', segment: 7, region: [5, 2] },
    ];
    const batch = { client: 'contract1', interactions: done.map((interaction, i) => ({ seq: i + 1, interaction })) };
    const draw = async (role: keyof typeof keys) => {
      const taken = await json('POST', '/campaigns/salt/next', undefined, role);
      await json('POST', `/assignments/${taken.id}/interactions`, batch, role);
      return taken;
    };
    const handed = await draw('annotator');
    const { mask } = await json('POST', `/assignments/${handed.id}/submit`, undefined, 'annotator');
    const drawn = [await draw('annotator'), await draw('admin')];
    await json('POST', `/tasks/${handed.task}/consensus`, { weights: 'equal' });
    const { of: recipe } = await json('POST', '/campaigns/salt/exports', { format: 'voc' });
    const exported = async () => {
      const found = await json('GET', '/datasets/pans/exports');
      expect(found).toHaveLength(1);
      return found[0];
    };
    const { id } = await vi.waitFor(exported, patient);
    const { id: search } = await json('POST', '/datasets/pans/search', { image: 1, region: [0, 9] });
    const posted = await fetch(`http://127.0.0.1:${deployment.server.port}/api/campaigns/salt/pictures`, {
      ...{
        method: 'POST',
        body: await sharp({ create: { width: 9, height: 9, channels: 3, background: '#00ff00' } })
          .png()
          .toBuffer(),
      },
      headers: { authorization: `Bearer ${keys.admin}`, 'content-type': 'application/octet-stream' },
    });
    const { picture } = (await posted.json()) as { picture: string };
    const { id: upload } = await json('POST', '/uploads', { dataset: 'pans' });
    await json('POST', `/uploads/${upload}/files`, { files: [{ name: 'a.png', bytes: 100, modified: 0 }] });
    return {
      ...{ campaign: ['salt'], dataset: ['pans'], image: ['1', '2'], user: ['annotator'] },
      ...{
        assignment: [handed, ...drawn].map(({ id }) => id),
        task: [handed.task, drawn[0].task],
        mask: [mask],
        export: [id],
        search: [search],
        upload: [upload],
        picture: [picture],
        file: ['0'],
      },
      recipe: [recipe.slice(recipe.indexOf('/') + 1)],
    };
  }

  beforeAll(async () => {
    if (missing) return console.warn(`skipped, the validators cannot be installed: ${missing}`);
    await open();
    const known = await populate();
    // Half of the requests name objects that exist.
    const settings = Object.entries(known).flatMap(([name, values]) => [
      `dictionaries.${name}.values = ${JSON.stringify(values)}`,
      `parameters."${name === 'recipe' ? 'query' : 'path'}.${name}" = { dictionary = "${name}", probability = 0.5 }`,
    ]);
    writeFileSync(join(folder, 'schemathesis.toml'), settings.join('\n'));
    writeFileSync(document, JSON.stringify(await json('GET', '/openapi.json')));
  }, 300_000);
  afterAll(async () => {
    await deployment?.close();
    await maskThreads.close();
    removeEngine(engine);
    rmSync(folder, { recursive: true });
  }, 60_000);

  test('is valid OpenAPI to openapi-spec-validator', async (context) => {
    if (missing) context.skip(missing);
    expect(await run(folder, '-m', 'openapi_spec_validator', document)).toMatchObject({ code: 0 });
  });

  // Answers of this operation never end: a checker would wait until it gives up.
  const endless = '/api/assignments/{assignment}/events';
  // The annotator first: the administrator may end keys and memberships.
  test.for(['annotator', 'admin'] as const)(
    'holds for requests that schemathesis makes as %s',
    async (role, context) => {
      if (missing) context.skip(missing);
      const url = `http://127.0.0.1:${deployment.server.port}`;
      const { code, text } = await run(
        folder,
        ...['-m', 'schemathesis.cli', 'run', document, '--url', url, '-H', `Authorization: Bearer ${keys[role]}`],
        ...['--phases', 'coverage,fuzzing', '--max-examples', '10', '--seed', '1', '--generation-deterministic'],
        ...['--checks', 'all', '--exclude-path', endless, '--no-color'],
      );
      expect(code, text).toBe(0);
    },
  );
});
