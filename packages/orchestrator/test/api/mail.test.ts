/** What the API says of e-mail, and which deeds write one; `notices/mails.test.ts` sends them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { takeTask } from '../../dist/campaigns/tasks/take.js';
import type { Database } from '../../dist/db/database.js';
import { makeCampaign } from '../campaigns/campaign.ts';
import { describeDatabases } from '../databases.ts';
import { openServer, type TestServer } from './server.ts';

describeDatabases('e-mail', ({ open }) => {
  let database: Database;
  let mailing: TestServer;
  let silent: TestServer;
  beforeAll(async () => {
    database = await open();
    mailing = await openServer(database, { send: () => Promise.reject(new Error('no workflow carries it here')) });
    silent = await openServer(database);
  }, 60_000);
  afterAll(async () => {
    await mailing?.close();
    await silent?.close();
  });

  const mailsOf = (user: string) =>
    database.db.selectFrom('mail').selectAll().where('user_id', '=', user).orderBy('created').execute();

  test('a new account is mailed its link, which is told as well', async () => {
    const key = await mailing.key('root', 'admin');
    const { id: campaign } = await makeCampaign(database.db);
    const add = (server: TestServer, email: string) =>
      server.call('POST', `/api/campaigns/${campaign}/members`, { key, body: { email, role: 'annotator' } });
    const { body: added } = await add(mailing, 'New@example.org');
    expect(added).toEqual({ user: expect.any(String), link: expect.stringMatching(/token=/), mailed: true });
    expect(await mailsOf(added.user)).toMatchObject([{ kind: 'sign_in', about: campaign, state: 'waiting' }]);
    // Who has an account needs no link.
    expect((await add(mailing, 'new@example.org')).body).toEqual({ user: added.user });
    expect(await mailsOf(added.user)).toHaveLength(1);

    const make = (server: TestServer, email: string, password?: string) =>
      server.call('POST', '/api/users', { key, body: { email, name: 'X', password } });
    const { body: made } = await make(mailing, 'made@example.org');
    expect(made).toEqual({ id: expect.any(String), link: expect.any(String), mailed: true });
    expect(await mailsOf(made.id)).toMatchObject([{ kind: 'sign_in', about: null }]);
    const { body: own } = await make(mailing, 'own@example.org', 'correct horse battery');
    expect(own).toEqual({ id: expect.any(String) });
    expect(await mailsOf(own.id)).toEqual([]);

    // Where no mail server is set, nothing is written, and nothing said.
    const { body: unmailed } = await add(silent, 'silent@example.org');
    expect(unmailed).toEqual({ user: expect.any(String), link: expect.any(String) });
    expect(await mailsOf(unmailed.user)).toEqual([]);
  });

  test('work that is sent back is told of, work that is accepted is not', async () => {
    const [ann, rae] = [await mailing.key('ann'), await mailing.key('rae')];
    const campaign = await makeCampaign(database.db, {
      images: 4,
      members: { annotator: ['ann'], reviewer: ['rae'] },
    });
    const review = async (server: TestServer, verdict: string, status = 200) => {
      const id = (await takeTask(database.db, campaign, 'ann', { chance: 1 }))!;
      await database.db.updateTable('assignment').set({ state: 'submitted' }).where('id', '=', id).execute();
      const at = `/api/assignments/${id}/review`;
      expect((await server.call('POST', at, { key: rae, body: { verdict, note: 'why' } })).status).toBe(status);
    };
    await review(mailing, 'accept');
    await review(silent, 'send_back');
    expect(await mailsOf('ann')).toEqual([]);
    await database.db.updateTable('assignment').set({ state: 'accepted' }).execute();
    await review(mailing, 'send_back');
    await database.db.updateTable('assignment').set({ state: 'accepted' }).execute();
    await review(mailing, 'send_back');
    expect(await mailsOf('ann')).toMatchObject([{ kind: 'sent_back', state: 'waiting', sent: false }]);
    // After one that was sent, the next one waits for an hour.
    const ended = new Date();
    await database.db.updateTable('mail').set({ sent: true, state: 'delivered', ended }).execute();
    await mailing.deps.notices.mails!.sentBack(
      (await database.db.selectFrom('assignment').select('id').where('user_id', '=', 'ann').executeTakeFirstOrThrow())
        .id,
    );
    expect((await mailsOf('ann'))[1].due.getTime() - ended.getTime()).toBe(3_600_000);
    expect(ann).toBeDefined();
  });

  test('everybody says for themselves whether they want it', async () => {
    const [one, other] = [await mailing.key('one'), await mailing.key('other')];
    const state = async (key: string, server = mailing) => (await server.call('GET', '/api/me/mail', { key })).body;
    expect(await state(one)).toEqual({ sent: true, wanted: true });
    expect((await mailing.call('PUT', '/api/me/mail', { key: one, body: { wanted: false } })).status).toBe(200);
    expect(await state(one)).toEqual({ sent: true, wanted: false });
    expect(await state(other)).toEqual({ sent: true, wanted: true });
    expect(await state(one, silent)).toEqual({ sent: false, wanted: false });
    const refused = await mailing.call('PUT', '/api/me/mail', { key: one, body: { wanted: 'no' } });
    expect(refused.status).toBe(400);
  });
});
