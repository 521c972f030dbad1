/** Backbones as people fetch, add and remove them. */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { file, serve, serveProxy } from '../packages/backbone/test/registry/file-server.ts';
import { tinyVit } from '../packages/backbone/test/tiny-vit.ts';
import { saltworks } from './saltworks.ts';

const scratch = mkdtempSync(join(tmpdir(), 'saltworks-backbone-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const model = tinyVit();
const sha256 = createHash('sha256').update(model).digest('hex');
const mine = join(scratch, 'mine.onnx');
writeFileSync(mine, model);
/** Servers of the tests are reached without the proxy that this machine may have. */
const homeOf = (name: string) => ({
  SALTWORKS_HOME: join(scratch, name),
  NO_PROXY: '127.0.0.1',
  no_proxy: '127.0.0.1',
});
const one = (text: string) => expect(text.trim().split('\n')).toHaveLength(1);

test('the list has the default at its head, with sizes and licences', async () => {
  const { status, stdout } = await saltworks(['backbone', 'list', '--json'], { env: homeOf('empty') });
  expect(status).toBe(0);
  const [first, ...others] = JSON.parse(stdout);
  expect(first).toMatchObject({ name: 'dinov2-small-focus', bytes: 97_447_603, pulled: false });
  expect(others.every(({ licence }: { licence: string }) => licence.length > 0)).toBe(true);
  const table = (await saltworks(['backbone', 'list'], { env: homeOf('empty') })).stdout;
  expect(table).toMatch(/^mae-b16 +known +to export +CC BY-NC 4\.0 \(Meta\) \(non-commercial\)$/m);
  expect(existsSync(join(scratch, 'empty'))).toBe(false);
});

test('a pull tells the licence first, and wants some accepted', async () => {
  const web = await serve(file(model));
  const env = { ...homeOf('licences'), SALTWORKS_MODELS: web.url };
  const refused = await saltworks(['backbone', 'pull', 'mae-b16'], { env });
  expect(refused).toMatchObject({ status: 2, stdout: 'mae-b16: licence: CC BY-NC 4.0 (Meta) (non-commercial)\n' });
  one(refused.stderr);
  expect(web.requests).toEqual([]);
  const accepted = await saltworks(['backbone', 'pull', 'mae-b16', '--accept-licence'], { env });
  expect(accepted).toMatchObject({ status: 0, stderr: '' });
  expect(accepted.stdout).toContain('mae-b16.onnx');
  const named = { ...env, SALTWORKS_ACCEPT_LICENCES: 'msn-b16' };
  expect(await saltworks(['backbone', 'pull', 'msn-b16', '--json'], { env: named })).toMatchObject({ status: 0 });
  await web.close();
});

test('a killed pull goes on where it was', async () => {
  const large = Buffer.concat([model, Buffer.from([0x32, 0x80, 0x89, 0x7a]), Buffer.alloc(2_000_000, 'x')]);
  const whole = file(large);
  const half = large.length >> 1;
  let slow = true;
  const web = await serve((asked, answer) => {
    if (!slow) return whole(asked, answer);
    answer.writeHead(200, { etag: `"${createHash('sha256').update(large).digest('hex').slice(0, 8)}"` });
    answer.write(large.subarray(0, half));
  });
  const env = { ...homeOf('killed'), SALTWORKS_MODELS: web.url };
  const partials = join(scratch, 'killed', 'models', '.partial');
  const kills = { now: (_: NodeJS.Signals) => {} };
  const pulling = saltworks(['backbone', 'pull', 'vit-b16'], { env, onOutput: (_, kill) => (kills.now = kill) });
  const bytes = () => {
    const [work] = existsSync(partials) ? readdirSync(partials) : [];
    const part = work === undefined ? undefined : join(partials, work, 'bytes');
    return part && existsSync(part) ? readFileSync(part).length : 0;
  };
  while (bytes() < half) await sleep(20);
  kills.now('SIGKILL');
  await pulling;
  expect(readdirSync(join(scratch, 'killed', 'models'))).toEqual(['.partial']);
  slow = false;
  expect(await saltworks(['backbone', 'pull', 'vit-b16'], { env })).toMatchObject({ status: 0 });
  expect(web.requests).toEqual(['GET /vit-b16.onnx', `GET /vit-b16.onnx bytes=${half}-`]);
  expect(readFileSync(join(scratch, 'killed', 'models', 'vit-b16.onnx')).equals(large)).toBe(true);
  await web.close();
});

describe('an entry of your own', () => {
  test('is added, shown, pulled by another home from the store, and removed', async () => {
    const store = { SALTWORKS_STORE: join(scratch, 'objects') };
    const env = { ...homeOf('own'), ...store };
    const flags = ['--store', '--licence', 'ours', '--mean', '0.5,0.5,0.5', '--long-side', '64', '--layer', '1'];
    const added = await saltworks(['backbone', 'add', 'mine', mine, ...flags], { env });
    expect(added).toMatchObject({ status: 0, stderr: '' });
    expect(added.stdout).toBe(
      `mine: 2 layers of 2 heads, keys of 8, patches of 4 px; sha256 ${sha256}; in the store\n`,
    );
    const other = { ...homeOf('other'), ...store };
    const shown = JSON.parse((await saltworks(['backbone', 'show', 'mine', '--json'], { env: other })).stdout);
    expect(shown).toMatchObject({ name: 'mine', where: 'store', licence: 'ours', longSide: 64, layer: 1, sha256 });
    const pulled = await saltworks(['backbone', 'pull', 'mine', '--json'], { env: other });
    expect(readFileSync(JSON.parse(pulled.stdout).path).equals(model)).toBe(true);
    expect(await saltworks(['backbone', 'rm', 'mine', '--store'], { env })).toMatchObject({ status: 0 });
    expect(await saltworks(['backbone', 'show', 'mine'], { env: other })).toMatchObject({ status: 2 });
  });

  test('is fetched through the proxy that the environment names', async () => {
    const web = await serve(file(model));
    const proxy = await serveProxy();
    const env = { ...homeOf('proxied'), HTTP_PROXY: proxy.url, http_proxy: proxy.url, NO_PROXY: '', no_proxy: '' };
    expect(await saltworks(['backbone', 'add', 'far', `${web.url}/far.onnx`], { env })).toMatchObject({ status: 0 });
    expect(proxy.requests).toHaveLength(1);
    await web.close();
    await proxy.close();
  });

  test('that cannot be is refused in one line, with exit code 2', async () => {
    writeFileSync(join(scratch, 'text.onnx'), 'text');
    for (const args of [
      ['a/b', mine],
      ['mine', join(scratch, 'text.onnx')],
      ['mine', mine, '--mean', '1,2'],
    ]) {
      const { status, stderr } = await saltworks(['backbone', 'add', ...args], { env: homeOf('refused') });
      expect([status, args]).toEqual([2, args]);
      one(stderr);
    }
  });
});
