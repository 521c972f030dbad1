/** E-mails from a deed to a mail server, over Temporal. */

import { noticeActivities } from '@saltworks/contract/messages/notices';
import { queues } from '@saltworks/contract/messages/queues';
import { receiving } from '@saltworks/contract/messages/received';
import { openWorkflows } from '@saltworks/orchestrator/server';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openAuth } from '../../dist/api/auth.js';
import { reopenAssignment } from '../../dist/campaigns/assignments/reopen.js';
import { reviewAssignment } from '../../dist/campaigns/assignments/reviews.js';
import { takeTask } from '../../dist/campaigns/tasks/take.js';
import type { Database } from '../../dist/db/database.js';
import { openDatabase } from '../../dist/db/open.js';
import { forgetDeliveries, type Notices, openNotices } from '../../dist/notices/notices.js';
import { openSmtp } from '../../dist/notices/smtp.js';
import { makeCampaign, makeUser } from '../campaigns/campaign.ts';
import { freshFolder } from '../databases.ts';
import { openTemporal } from '../temporal.ts';
import { type MailServer, openMailServer } from './mail-server.ts';

let environment: TestWorkflowEnvironment;
let database: Database;
let server: MailServer;
let notices: Notices;
let logged: string[];
const closing: (() => Promise<unknown> | unknown)[] = [];
const url = 'http://salt.test';
const secret = 'a secret that only these tests know';

beforeAll(async () => {
  environment = await openTemporal();
  closing.push(() => environment.teardown());
  const { nativeConnection: connection, namespace = 'default' } = environment;
  const workflows = await openWorkflows({ connection, namespace });
  const ended = workflows.run();
  closing.push(() => {
    workflows.shutdown();
    return ended;
  });
  database = await openDatabase(await freshFolder());
  closing.push(() => database.close());
}, 120_000);
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

let stop: () => Promise<unknown>;
beforeEach(async () => {
  const { client, nativeConnection: connection, namespace = 'default' } = environment;
  server = await openMailServer();
  logged = [];
  const { db } = database;
  const auth = openAuth(db, { url, secret });
  notices = openNotices({
    ...{ db, client, secret, hosts: [], log: (message: string) => logged.push(message), mailWaits: [10, 10] },
    mail: { send: openSmtp(server.settings), url, signInLink: auth.signInLink },
  });
  const activities = receiving(noticeActivities, notices.activities);
  const worker = await Worker.create({ connection, namespace, taskQueue: queues.server, activities });
  const ended = worker.run();
  stop = async () => {
    notices.stop();
    worker.shutdown();
    await ended;
    await server.close();
  };
});
afterEach(() => stop());

const mailsOf = (user: string) =>
  database.db.selectFrom('mail').selectAll().where('user_id', '=', user).orderBy('created').execute();
const statesOf = async (user: string) => (await mailsOf(user)).map(({ state }) => state);
/** What waits is due now, as if its time had come. */
const comeDue = async (user: string) => {
  await database.db.updateTable('mail').set({ due: new Date() }).where('user_id', '=', user).execute();
  notices.now();
};

/** A campaign in which somebody handed images in. */
async function handedIn(annotator: string, images: number) {
  const { db } = database;
  await makeUser(db, 'rae');
  await makeUser(db, annotator);
  const campaign = await makeCampaign(db, { images, members: { annotator: [annotator], reviewer: ['rae'] } });
  const assignments: string[] = [];
  for (let i = 0; i < images; i++) {
    const id = (await takeTask(db, campaign, annotator, { chance: 1 }))!;
    await db.updateTable('assignment').set({ state: 'submitted' }).where('id', '=', id).execute();
    assignments.push(id);
  }
  const sendBack = async (id: string) => {
    await reviewAssignment(db, id, { verdict: 'send_back', note: 'the edge' }, 'rae');
    await notices.mails!.sentBack(id);
  };
  return { campaign, assignments, sendBack };
}

test('a link to sign in comes by mail, works for a day, and says which campaign was joined', async () => {
  const { db } = database;
  const user = await makeUser(db, 'new');
  const campaign = await makeCampaign(db, { name: 'Salt pans', members: { annotator: [user] } });
  expect(await notices.mails!.invite(user, campaign.id)).toBe(true);
  await expect.poll(() => statesOf(user)).toEqual(['delivered']);
  expect(server.taken).toHaveLength(1);
  const [{ to, headers, text }] = server.taken;
  expect(to).toEqual(['new@example.org']);
  expect(headers.subject).toEqual(['You take part in Salt pans']);
  const [, token] = /^http:\/\/salt\.test\/\S+\?token=(\S+)$/m.exec(text)!;
  expect(await openAuth(db, { url, secret }).emailOfLink(token)).toBe('new@example.org');
  const { expiresAt } = await db
    .selectFrom('verification')
    .select('expiresAt')
    .where('value', 'like', '%new@example.org%')
    .executeTakeFirstOrThrow();
  expect(Math.round((expiresAt.getTime() - Date.now()) / 3_600_000)).toBe(24);
  expect(text).toContain('within 24 hours');
});

test('a mail that failed is tried again, and given up in the end: the log says why, without the address', async () => {
  const user = await makeUser(database.db, 'late');
  server.answers = [{ code: 451, text: 'come back' }, { code: 421, text: 'busy' }, null];
  await notices.mails!.invite(user);
  await expect.poll(() => statesOf(user)).toEqual(['delivered']);
  expect(server.taken).toMatchObject([{ headers: { subject: ['Your account on Saltworks'] } }]);
  expect(logged).toEqual([
    expect.stringMatching(/^an e-mail to account late \(sign_in\) failed: .*come back$/),
    expect.stringMatching(/^an e-mail to account late \(sign_in\) failed: .*busy$/),
  ]);
  const other = await makeUser(database.db, 'never');
  server.answers = [{ code: 451, text: 'never' }];
  await notices.mails!.invite(other);
  await expect.poll(() => statesOf(other)).toEqual(['failed']);
  expect(logged.slice(2)).toHaveLength(3);
  expect(logged.at(-1)).toMatch(/never; given up$/);
  expect(logged.join()).not.toContain('@');
});

test('a refusal for good is not tried again', async () => {
  const user = await makeUser(database.db, 'refused');
  server.answers = [{ code: 550, text: 'no such mailbox <refused@example.org>' }];
  await notices.mails!.invite(user);
  await expect.poll(() => statesOf(user)).toEqual(['failed']);
  expect(logged).toEqual([expect.stringMatching(/no such mailbox <ADDRESS>; given up$/)]);
});

test('what was sent back comes in one mail, written when it is sent, and the next one an hour later', async () => {
  const { campaign, assignments, sendBack } = await handedIn('ann', 4);
  for (const id of assignments.slice(0, 3)) await sendBack(id);
  const [waiting, ...more] = await mailsOf('ann');
  expect(more).toEqual([]);
  expect(Math.round((waiting.due.getTime() - waiting.created.getTime()) / 60_000)).toBe(10);
  // One was taken up again before the mail is sent.
  await reopenAssignment(database.db, campaign, assignments[0]);
  await comeDue('ann');
  await expect.poll(() => statesOf('ann')).toEqual(['delivered']);
  expect(server.taken).toMatchObject([
    { to: ['ann@example.org'], headers: { subject: ['2 images were sent back to you'] } },
  ]);
  expect(server.taken[0].text).toContain('* Salt pans: 2 images\n');
  expect(server.taken[0].text).toContain('http://salt.test/work\n');
  expect(server.taken[0].text).toContain('You want no such mail: http://salt.test/account\n');

  await sendBack(assignments[3]);
  const [first, second] = await mailsOf('ann');
  expect(second.due.getTime() - first.ended!.getTime()).toBe(3_600_000);
  // One that comes too early all the same waits anew, in another's place.
  await comeDue('ann');
  await expect.poll(() => statesOf('ann')).toEqual(['delivered', 'dropped', 'waiting']);
  expect((await mailsOf('ann'))[2].due.getTime()).toBe(second.due.getTime());
  expect(server.taken).toHaveLength(1);
});

test('nobody is told of work who wants no mail, has none left to do, or is a member no more', async () => {
  const { db } = database;
  const one = await handedIn('bea', 1);
  await db.updateTable('user').set({ mail: false }).where('id', '=', 'bea').execute();
  await one.sendBack(one.assignments[0]);
  const two = await handedIn('cid', 1);
  await two.sendBack(two.assignments[0]);
  await reopenAssignment(db, two.campaign, two.assignments[0]);
  const three = await handedIn('dot', 1);
  await three.sendBack(three.assignments[0]);
  await db.deleteFrom('member').where('user_id', '=', 'dot').execute();
  for (const user of ['bea', 'cid', 'dot']) {
    await comeDue(user);
    await expect.poll(() => statesOf(user)).toEqual(['dropped']);
  }
  // Links to sign in come in any case.
  await notices.mails!.invite('bea');
  await expect.poll(() => statesOf('bea')).toEqual(['dropped', 'delivered']);
  expect(server.taken.map(({ to }) => to)).toEqual([['bea@example.org']]);
});

test('mails that are over, and mails that nobody sent for a day, are forgotten', async () => {
  const { db } = database;
  const user = await makeUser(db, 'old');
  const day = 86_400_000;
  const ago = (days: number) => new Date(Date.now() - days * day);
  const rows = [
    { id: 'over', created: ago(31), due: ago(31), sent: true, state: 'delivered' },
    { id: 'recent', created: ago(29), due: ago(29), sent: true, state: 'failed' },
    { id: 'stale', created: ago(2), due: ago(2), sent: false },
    { id: 'later', created: ago(2), due: new Date(Date.now() + day), sent: false },
  ] as const;
  notices.stop();
  for (const row of rows)
    await db
      .insertInto('mail')
      .values({ user_id: user, kind: 'sign_in', ...row })
      .execute();
  await forgetDeliveries(db);
  expect((await mailsOf(user)).map(({ id }) => id).sort()).toEqual(['later', 'recent']);
});
