/** Classes that are described with pictures: sent, versioned with the classes, and shown to members alone. */
import { createHash } from 'node:crypto';
import { classPictureLimits } from '@saltworks/contract/api/class-pictures';
import { classPictureKey, classPicturesPrefix } from '@saltworks/contract/layout';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { sweepCampaigns } from '../../dist/campaigns/sweep.js';
import { makeCampaign } from '../campaigns/campaign.ts';
import { describeDatabases } from '../databases.ts';
import { openServer, type TestServer } from './server.ts';

const jpeg = (background: string) =>
  sharp({ create: { width: 800, height: 600, channels: 3, background } })
    .withExif({ IFD0: { Copyright: 'somebody' } })
    .jpeg()
    .toBuffer();

describeDatabases('pictures of classes', ({ open }) => {
  let server: TestServer;
  const keys: Record<string, string> = {};
  let campaign: string;
  beforeAll(async () => {
    server = await openServer(await open());
    keys.admin = await server.key('boss', 'admin');
    for (const name of ['manager', 'annotator', 'outsider']) keys[name] = await server.key(name);
  }, 60_000);
  afterAll(() => server?.close());
  beforeEach(async () => {
    const members = { manager: ['manager'], annotator: ['annotator'] };
    ({ id: campaign } = await makeCampaign(server.deps.db, { members }));
  });

  const send = async (bytes: Uint8Array, { as = 'manager', to = campaign, type = 'application/octet-stream' } = {}) => {
    const answer = await fetch(`${server.url}/api/campaigns/${to}/pictures`, {
      method: 'POST',
      headers: { authorization: `Bearer ${keys[as]}`, 'content-type': type },
      body: bytes,
    });
    return { status: answer.status, body: (await answer.json()) as { picture: string; error: string } };
  };
  const sent = async (background: string): Promise<string> => {
    const { status, body } = await send(await jpeg(background));
    expect([status, body]).toEqual([200, { picture: expect.any(String), bytes: expect.any(Number) }]);
    return body.picture;
  };
  const look = (picture: string, as = 'annotator', of = campaign) =>
    fetch(`${server.url}/api/campaigns/${of}/pictures/${picture}`, {
      headers: { authorization: `Bearer ${keys[as]}` },
    });
  const classes = async () => {
    const { body } = await server.call('GET', `/api/campaigns/${campaign}`, { key: keys.annotator });
    return body as { schema: number; categories: { id: number; name: string; pictures?: unknown }[] };
  };
  /** Gives the first class pictures. */
  const give = async (pictures: { picture: string; alt?: string }[], as = 'manager') => {
    const { schema, categories } = await classes();
    const [first, ...rest] = categories;
    return server.call('PUT', `/api/campaigns/${campaign}/schema`, {
      key: keys[as],
      body: { after: schema, categories: [{ ...first, pictures }, ...rest] },
    });
  };

  test('are sent by who may change classes, made small, and shown to members of the campaign alone', async () => {
    const picture = await sent('#ff0000');
    expect(await give([{ picture, alt: 'a red heap' }])).toMatchObject({
      status: 200,
      body: { version: 2, changes: [{ category: 1, kind: 'described' }] },
    });
    expect((await classes()).categories[0].pictures).toEqual([{ picture, alt: 'a red heap' }]);
    const answer = await look(picture);
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'image/webp',
      'cache-control': 'private, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
    });
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(picture);
    expect(bytes.length).toBeLessThanOrEqual(classPictureLimits.kept);
    const { exif, ...metadata } = await sharp(bytes).metadata();
    expect([metadata, exif]).toEqual([expect.objectContaining({ format: 'webp', width: 512, height: 384 }), undefined]);
    const etag = answer.headers.get('etag') as string;
    const again = await server.call('GET', `/api/campaigns/${campaign}/pictures/${picture}`, {
      key: keys.annotator,
      headers: { 'if-none-match': etag },
    });
    expect(again.status).toBe(304);

    expect((await send(await jpeg('#ff0000'), { as: 'annotator' })).status).toBe(403);
    expect((await send(await jpeg('#ff0000'), { as: 'outsider' })).status).toBe(404);
    expect((await give([], 'annotator')).status).toBe(403);
    expect((await look(picture, 'outsider')).status).toBe(404);
    expect((await look('0'.repeat(64))).status).toBe(404);
  });

  test('a picture of another campaign is neither shown nor taken', async () => {
    const picture = await sent('#00ff00');
    const own = campaign;
    ({ id: campaign } = await makeCampaign(server.deps.db, {
      members: { manager: ['manager'], annotator: ['annotator'] },
    }));
    expect((await look(picture)).status).toBe(404);
    expect((await look(picture, 'annotator', own)).status).toBe(200);
    expect(await give([{ picture }])).toMatchObject({
      status: 409,
      body: { error: `class salt has picture ${picture}; expected one that was sent to this campaign` },
    });
  });

  test('belong to the version that has them, which still shows them when a later one does not', async () => {
    const [red, blue] = [await sent('#ff0000'), await sent('#0000ff')];
    await give([{ picture: red }, { picture: blue, alt: 'blue' }]);
    expect((await give([{ picture: blue, alt: 'blue' }, { picture: red }])).body).toMatchObject({ version: 3 });
    expect((await give([{ picture: blue, alt: 'blue' }, { picture: red }])).body).toMatchObject({ version: 3 });
    expect((await give([])).body).toMatchObject({ version: 4 });
    expect((await classes()).categories[0]).not.toHaveProperty('pictures');
    const versions = await server.call('GET', `/api/campaigns/${campaign}/schema`, { key: keys.manager });
    expect(
      versions.body.map(({ categories }: { categories: { pictures?: unknown }[] }) => categories[0].pictures),
    ).toEqual([
      undefined,
      [{ picture: blue, alt: 'blue' }, { picture: red }],
      [{ picture: red }, { picture: blue, alt: 'blue' }],
      undefined,
    ]);
    expect((await look(red)).status).toBe(200);
    // An earlier version's picture comes back with it.
    expect((await give([{ picture: red }])).status).toBe(200);
  });

  test('a class has up to four that differ, and a campaign has none before it is there', async () => {
    const picture = await sent('#ff0000');
    expect(await give([{ picture }, { picture }])).toMatchObject({
      status: 409,
      body: { error: 'class salt has a picture twice; expected pictures that differ' },
    });
    expect((await give(Array.from({ length: 5 }, () => ({ picture })))).status).toBe(400);
    expect((await give([{ picture: '../../../etc/passwd' }])).status).toBe(400);
    expect((await give([{ picture, alt: 'a\0b' }])).status).toBe(400);
    const pictured = [{ id: 1, name: 'salt', colour: '#ffffff', isthing: true, pictures: [{ picture }] }];
    await expect(makeCampaign(server.deps.db, { categories: pictured })).rejects.toThrow(
      'class salt has pictures; expected them to be added once the campaign is there',
    );
  });

  test('what is no picture, or too large, is refused in one line and leaves nothing', async () => {
    const png = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#000' } })
      .png()
      .toBuffer();
    for (const [bytes, status, reason] of [
      [new Uint8Array(0), 409, /^no bytes; expected a JPEG, PNG or WebP$/],
      [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 409, /of another kind; expected a JPEG, PNG or WebP$/],
      [png.subarray(0, png.length / 2), 409, /does not decode/],
      [new Uint8Array(classPictureLimits.bytes + 1), 409, /bytes or more; expected at most 5242880$/],
    ] as const) {
      const answer = await send(bytes);
      expect([answer.status, answer.body]).toEqual([status, { error: expect.stringMatching(reason) }]);
      expect(answer.body.error).not.toContain('\n');
    }
    expect((await send(png, { type: 'image/png' })).status).toBe(415);
    // Of a body that does not say how long it is.
    const chunk = new Uint8Array(2 ** 20);
    const stream = new ReadableStream({
      start(controller) {
        for (let n = 0; n <= classPictureLimits.bytes / chunk.length; n++) controller.enqueue(chunk);
        controller.close();
      },
    });
    const status = await fetch(`${server.url}/api/campaigns/${campaign}/pictures`, {
      ...{ method: 'POST', body: stream, duplex: 'half' },
      headers: { authorization: `Bearer ${keys.manager}`, 'content-type': 'application/octet-stream' },
    } as RequestInit).then(
      ({ status }) => status,
      () => 'broken off',
    );
    expect([409, 'broken off']).toContain(status);
    for await (const { key } of server.deps.store.list(classPicturesPrefix(campaign))) expect(key).toBeUndefined();
  });

  test('go with their campaign, and those of others stay', async () => {
    const picture = await sent('#ff0000');
    await give([{ picture }]);
    const { id: other } = await makeCampaign(server.deps.db, { members: { manager: ['manager'] } });
    expect((await send(await jpeg('#ff0000'), { to: other })).body.picture).toBe(picture);
    const { db, store, client } = server.deps;
    const gone = { deleted: new Date(), goes: new Date(0) };
    await db.updateTable('campaign').set(gone).where('id', '=', campaign).execute();
    expect((await look(picture)).status).toBe(404);
    expect(await sweepCampaigns({ db, store, client, runs: { list: async () => [] } })).toEqual([campaign]);
    expect(await store.head(classPictureKey(campaign, picture))).toBeUndefined();
    expect(await store.head(classPictureKey(other, picture))).toBeDefined();
  });
});
