// Makes the home of a release, which the next one has to open: npx -y -p node@24 node make.mjs CHECKOUT
//
// CHECKOUT is that release, built; Node 24 reads its TypeScript. Its server runs a small campaign on a real PostgreSQL, from
// import to export. What stays, beside this file: the database as SQL, the objects that runs do not make again, every
// statement that the server sent, and what the release showed of it all.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

const checkout = resolve(process.argv[2] ?? '.');
const of = (path) => import(join(checkout, path));
const { startStack, invite } = await of('bench/stack.mjs');
const { findPostgres, startPostgres } = await of('packages/orchestrator/test/postgres.ts');
const { pictureFolder, width, height } = await of('e2e/pictures.ts');
const { signIn } = await of('e2e/annotator.ts');

/** Made again by runs, or for a look alone. */
const rebuilt = /^(keys|views|agreement|check|probes|exports)\/|^datasets\/[^/]+\/(extracted|exported)\//;
/** Statements that make tables, or of a connection. */
const aside =
  /^\s*(create|alter|drop|begin|start transaction|commit|rollback|savepoint|release|set|listen|unlisten)\b/i;
const model = join(checkout, 'spec/golden/exports/dinov3_hf_sdpa_dynamo_size.onnx');
const scratch = mkdtempSync(join(tmpdir(), 'saltworks-release-'));
const home = join(scratch, 'home');
/** The server's; it seals the secrets of webhooks. */
const secret = 'known to the home of the release before alone';

const postgres = await startPostgres();
const data = (await postgres.run('show data_directory')).rows[0].data_directory;
for (const [name, value] of [
  ['logging_collector', 'on'],
  ['log_destination', 'jsonlog'],
]) {
  await postgres.run(`alter system set ${name} = '${value}'`);
}
await postgres.kill();
await postgres.restart();
await postgres.run('create database saltworks');
await postgres.run(`alter database saltworks set log_statement = 'all'`);

mkdirSync(home, { mode: 0o700 });
writeFileSync(join(home, 'secret'), secret, { mode: 0o600 });
const stack = await startStack({
  SALTWORKS_HOME: home,
  SALTWORKS_DATABASE: postgres.url('saltworks'),
  SALTWORKS_WEBHOOK_HOSTS: 'hooks.example.org',
});
const { admin, run } = stack;

/** A stroke on the disc and one on the ground; another person draws elsewhere. */
const deeds = (shift) => [
  { kind: 'segment', id: 1, category: 1 },
  {
    kind: 'stroke',
    segment: 1,
    points: [
      [45 + shift, 45],
      [60 + shift, 52],
    ],
    radius: 3,
  },
  {
    kind: 'stroke',
    segment: 0,
    points: [
      [width - 6, 6],
      [width - 6, height - 8],
    ],
    radius: 3,
  },
  {
    kind: 'stroke',
    segment: 0,
    points: [
      [6, 6],
      [6, height - 8],
    ],
    radius: 3,
  },
];

async function draw(annotator, shift, { submit = true } = {}) {
  const { id, task } = await annotator.ask('POST', '/api/campaigns/plates/next', {});
  await annotator.send(id, deeds(shift));
  await annotator.send(id, [{ kind: 'undo' }, { kind: 'redo' }]);
  await annotator.events(id, 0, ({ event }) => event === 'patch');
  if (submit) await annotator.ask('POST', `/api/assignments/${id}/submit`, {});
  return { id, task };
}

const filesBelow = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => [relative(folder, path), readFileSync(path)])
    .sort(([a], [b]) => (a < b ? -1 : 1));
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const hashes = (entries) => Object.fromEntries(entries.map(([name, bytes]) => [name, sha256(bytes)]));
const exported = (folder) => hashes(filesBelow(join(scratch, folder)));

try {
  const { images, scribbles } = await pictureFolder(scratch, 4);
  run('backbone', 'add', 'tiny', model, '--store', '--licence', 'Apache-2.0', '--long-side', '160');
  run('backbone', 'channel', 'set', 'stable', '--backbone', 'tiny', '--note', 'the first one');
  run('dataset', 'import', images, '--name', 'plates', '--scribbles', scribbles);
  run('extract', 'plates', '--backbone', 'tiny');
  run('propagate', 'plates', '--backbone', 'tiny');
  const create = ['--dataset', 'plates', '--categories', 'disc', '--annotators', '2', '--backbone', 'tiny', '--wait'];
  run('campaign', 'create', 'plates', ...create);
  const [ann, bob, eve] = await Promise.all(
    [
      ['ann', 'annotator'],
      ['bob', 'annotator'],
      ['eve', 'reviewer'],
    ].map(async ([name, role]) => signIn((await invite(stack, 'plates', name, role)).link)),
  );
  const first = await draw(ann, 0);
  const second = await draw(ann, 1);
  await draw(bob, 2);
  await draw(bob, 3);
  const skipped = await ann.ask('POST', '/api/campaigns/plates/next', {});
  await ann.ask('POST', `/api/assignments/${skipped.id}/skip`, { reason: 'too dark' });
  await eve.ask('POST', `/api/assignments/${first.id}/review`, { verdict: 'accept' });
  await eve.ask('POST', `/api/assignments/${second.id}/review`, {
    verdict: 'send_back',
    note: 'the rim',
    at: { x: 50, y: 50 },
  });
  await admin('POST', `/api/tasks/${first.task}/consensus`, { weights: 'equal' });
  await admin('POST', '/api/topics/campaign:plates/webhooks', { url: 'https://hooks.example.org/salt', events: [] });
  run('schedule', 'create', 'nightly', 'consensus', 'plates', '--when', '0 2 * * *', '--timezone', 'Europe/Berlin');
  run('schedule', 'trigger', 'nightly', '--wait');
  run('relabel', 'plates', '--backbone', 'tiny', '--layer', '0', '--promote', 'hold');
  const [{ id: build }] = (await admin('GET', '/api/builds/campaign:plates')).items;
  await admin('POST', `/api/builds/campaign:plates/${build}/promote`, {});
  // Its annotator has not ended it.
  const open = await draw(bob, 4, { submit: false });
  run(
    'dataset',
    'export',
    'plates',
    '--backbone',
    'tiny',
    '--format',
    'coco-panoptic',
    '--out',
    join(scratch, 'export'),
  );
  run('campaign', 'export', 'plates', '--format', 'coco-panoptic', '--out', join(scratch, 'campaign-export'));
  for (const path of [
    ...[
      '',
      '/progress',
      '/members',
      '/tasks',
      '/tasks?state=done',
      '/assignments',
      '/pace',
      '/coming',
      '/effort',
      '/agreement',
    ].map((path) => `/api/campaigns/plates${path}`),
    ...[`/api/tasks/${first.task}/consensus`, `/api/assignments/${first.id}`, `/api/assignments/${first.id}/effort`],
    ...['/api/campaigns', '/api/users', '/api/me', '/api/me/keys', '/api/audit', '/api/schedules/nightly/firings'],
    ...['/api/topics/campaign:plates/webhooks', '/api/datasets/plates', '/api/datasets/plates/images'],
    ...['/api/builds/campaign:plates/shown', `/api/builds/campaign:plates/${build}/images/1`],
  ]) {
    await admin('GET', path).catch((error) => console.warn(`${path}: ${error.message}`));
  }
  // The mask of what is open, the deliveries, and the counts of the last answers.
  await sleep(3_000);

  const { entries, head } = await admin('GET', '/api/audit/verify');
  const assignments = (await admin('GET', '/api/campaigns/plates/assignments')).map(({ id }) => id);
  const facts = {
    secret,
    administrator: readFileSync(join(home, 'api-key'), 'utf8').trim(),
    audit: { entries, head },
    build,
    assignments: { accepted: first.id, sentBack: second.id, skipped: skipped.id, open: open.id },
    strokes: Object.fromEntries(
      await Promise.all(assignments.map(async (id) => [id, await admin('GET', `/api/assignments/${id}/interactions`)])),
    ),
    exports: { dataset: exported('export'), campaign: exported('campaign-export') },
  };
  // Nothing changes from here on. Stopped, not ended: the stack would remove its home.
  for (const part of ['worker', 'server']) process.kill(stack.pidOf(part), 'SIGSTOP');
  const objects = filesBelow(join(home, 'objects')).filter(([key]) => !key.startsWith('.partial'));
  const dumped = spawnSync(
    join(findPostgres(), 'pg_dump'),
    ['--inserts', '--no-owner', '--no-privileges', postgres.url('saltworks')],
    { encoding: 'utf8', maxBuffer: 1e9 },
  );
  if (dumped.status !== 0) throw new Error(dumped.stderr);

  /** Statements with the parameters of their last use, in the order of their first. */
  const statements = new Map();
  for (const name of readdirSync(join(data, 'log')).sort()) {
    if (!name.endsWith('.json')) continue;
    for (const line of readFileSync(join(data, 'log', name), 'utf8')
      .split('\n')
      .filter(Boolean)) {
      const { dbname, application_name, message = '', detail = '' } = JSON.parse(line);
      if (dbname !== 'saltworks' || !application_name?.startsWith('saltworks')) continue;
      const [, sql] = /^(?:execute [^:]*|statement): (.*)$/s.exec(message) ?? [];
      if (sql && !aside.test(sql)) statements.set(sql, detail.replace(/^Parameters: /, ''));
    }
  }

  const kept = (name, text) => writeFileSync(new URL(name, import.meta.url), gzipSync(text, { level: 9 }));
  const lines = (values) => `${values.map((value) => JSON.stringify(value)).join('\n')}\n`;
  // Without what is of psql, or of the session that reads it.
  kept('database.sql.gz', dumped.stdout.replace(/^(\\.*|SET .*|SELECT pg_catalog\.set_config.*)\n/gm, ''));
  kept(
    'objects.jsonl.gz',
    lines(
      objects.filter(([key]) => !rebuilt.test(key)).map(([key, bytes]) => ({ key, base64: bytes.toString('base64') })),
    ),
  );
  kept('statements.jsonl.gz', lines([...statements].map(([sql, parameters]) => ({ sql, parameters }))));
  kept('facts.json.gz', JSON.stringify({ ...facts, objects: hashes(objects) }));
  console.log(`${objects.length} objects, ${statements.size} statements, ${dumped.stdout.length} bytes of SQL`);
} finally {
  for (const part of ['worker', 'server']) process.kill(stack.pidOf(part), 'SIGCONT');
  await stack.stop();
  await postgres.stop();
  rmSync(scratch, { recursive: true });
}
