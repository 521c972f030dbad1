import { type Campaign, campaignDefaults } from '@saltworks/contract/api/campaigns';
import type { Kysely } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { expireLease } from '../../dist/campaigns/assignments/leases.js';
import { returnAssignment, skipAssignment } from '../../dist/campaigns/assignments/leave.js';
import { findAssignment } from '../../dist/campaigns/assignments/read.js';
import { reviewAssignment } from '../../dist/campaigns/assignments/reviews.js';
import { submitAssignment } from '../../dist/campaigns/assignments/submit.js';
import { findCampaign } from '../../dist/campaigns/campaigns.js';
import { changeCampaign } from '../../dist/campaigns/change.js';
import { progressOf } from '../../dist/campaigns/progress.js';
import { fillShard } from '../../dist/campaigns/tasks/fill.js';
import { comingTasks, takeTask } from '../../dist/campaigns/tasks/take.js';
import type { Schema } from '../../dist/db/schema.js';
import { describeDatabases } from '../databases.ts';
import { assignmentsOf, makeCampaign, makeUser, makeUsers, tasksOf } from './campaign.ts';

describeDatabases('tasks', ({ open }) => {
  let db: Kysely<Schema>;
  beforeAll(async () => {
    ({ db } = await open());
  }, 60_000);

  const take = async (campaign: Campaign, user: string, options = {}) => {
    const id = await takeTask(db, campaign, user, { chance: 1, ...options });
    return id === undefined ? undefined : findAssignment(db, id);
  };
  const submit = (id: string) => submitAssignment(db, id, { n: 0, mask: 'mask' });

  test('no image is held by more annotators than it wants, and every caller gets one while any is left', async () => {
    const campaign = await makeCampaign(db, { images: 10, annotators: 3 });
    const users = await makeUsers(db, 36);
    const taken = await Promise.all(users.map((user) => takeTask(db, campaign, user)));
    expect(taken.filter((id) => id !== undefined)).toHaveLength(30);
    expect((await tasksOf(db, campaign.id)).map(({ taken }) => taken)).toEqual(Array(10).fill(3));
    const held = await assignmentsOf(db, campaign.id);
    expect(new Set(held.map(({ user, task }) => `${user} ${task}`)).size).toBe(30);
    expect(new Set(held.map(({ user }) => user)).size).toBe(30);
  });

  test('an image that many take at once goes to as many as it wants', async () => {
    const campaign = await makeCampaign(db, { images: 1, annotators: 8 });
    const taken = await Promise.all((await makeUsers(db, 10)).map((user) => takeTask(db, campaign, user)));
    expect(taken.filter((id) => id !== undefined)).toHaveLength(8);
    expect(await tasksOf(db, campaign.id)).toMatchObject([{ taken: 8 }]);
  });

  test('the last submissions of an image, at once, set it to done', async () => {
    for (let round = 0; round < 5; round++) {
      const campaign = await makeCampaign(db, { images: 1, annotators: 8 });
      const users = await makeUsers(db, 8);
      const held = await Promise.all(users.map((user) => takeTask(db, campaign, user)));
      await Promise.all(held.map((id) => submit(id!)));
      expect(await tasksOf(db, campaign.id)).toMatchObject([{ state: 'done' }]);
    }
  });

  test('all images are annotated as often as wanted, by different annotators, under concurrent work', async () => {
    const campaign = await makeCampaign(db, { images: 8, annotators: 3 });
    const users = await makeUsers(db, 6);
    await Promise.all(
      users.map(async (user, index) => {
        for (let turn = 0; ; turn++) {
          const id = await takeTask(db, campaign, user);
          if (id === undefined) return;
          // Some are returned first.
          if ((turn + index) % 4 === 0) await returnAssignment(db, id);
          else await submit(id);
        }
      }),
    );
    const tasks = await tasksOf(db, campaign.id);
    expect(tasks.map(({ taken, state }) => ({ taken, state }))).toEqual(Array(8).fill({ taken: 3, state: 'done' }));
    const submitted = (await assignmentsOf(db, campaign.id)).filter(({ state }) => state === 'submitted');
    expect(submitted).toHaveLength(24);
    // Submitted is not yet accepted.
    const handed = { filled: true, tasks: 8, done: 8, assignments: { submitted: 24 } };
    expect(await progressOf(db, campaign.id)).toMatchObject({ ...handed, accepted: 0 });
    const [first] = tasks;
    const works = submitted.filter(({ task }) => task === first.id);
    for (const [i, { id }] of works.entries()) {
      expect(await progressOf(db, campaign.id)).toMatchObject({
        done: 8,
        accepted: 0,
        assignments: { submitted: 24 - i },
      });
      await reviewAssignment(db, id, { verdict: 'accept' }, 'owner');
    }
    expect(await progressOf(db, campaign.id)).toMatchObject({ done: 8, accepted: 1, assignments: { accepted: 3 } });
  });

  test('a campaign has the default lease unless it sets another', async () => {
    expect(await makeCampaign(db)).toMatchObject({ leaseSeconds: campaignDefaults.leaseSeconds });
  });

  test('two windows of one user get the same image', async () => {
    const campaign = await makeCampaign(db, { images: 5, annotators: 2 });
    const user = await makeUser(db);
    const taken = await Promise.all(Array.from({ length: 8 }, () => takeTask(db, campaign, user)));
    expect(new Set(taken).size).toBe(1);
    expect((await tasksOf(db, campaign.id)).map(({ taken }) => taken)).toEqual([1, 0, 0, 0, 0]);
  });

  test('a user gets sent-back images first, then returned ones, then new ones', async () => {
    const campaign = await makeCampaign(db, { images: 5 });
    const [user, other] = await makeUsers(db, 2);
    const first = await take(campaign, user);
    await submit(first!.id);
    const second = await take(campaign, user);
    await returnAssignment(db, second!.id);
    await reviewAssignment(db, first!.id, { verdict: 'send_back', note: 'the edge' }, 'owner');
    expect(await take(campaign, user)).toMatchObject({ id: first!.id, state: 'leased', image: { name: '1.png' } });
    await submit(first!.id);
    expect(await take(campaign, user)).toMatchObject({ id: second!.id, image: { name: '2.png' } });
    await returnAssignment(db, second!.id);
    // Another annotator has taken it meanwhile.
    expect(await take(campaign, other)).toMatchObject({ image: { name: '2.png' } });
    expect(await take(campaign, user)).toMatchObject({ image: { name: '3.png' } });
  });

  test('a skipped image goes to others only', async () => {
    const campaign = await makeCampaign(db, { images: 1 });
    const [user, other] = await makeUsers(db, 2);
    await skipAssignment(db, (await take(campaign, user))!.id, 'too dark');
    expect(await take(campaign, user)).toBeUndefined();
    expect(await take(campaign, other)).toMatchObject({ image: { name: '1.png' } });
  });

  test('a lease that ran out frees its place', async () => {
    const campaign = await makeCampaign(db, { images: 1 });
    const [user, other] = await makeUsers(db, 2);
    const held = await take(campaign, user);
    expect(await take(campaign, other)).toBeUndefined();
    await expireLease(db, held!.id, new Date(Date.now() + 1e7));
    expect(await take(campaign, other)).toMatchObject({ state: 'leased' });
    expect(await take(campaign, user)).toBeUndefined();
  });

  test('known images come at the campaign’s rate, once to each annotator', async () => {
    const campaign = await makeCampaign(db, { images: 4, known: 1, honeypotRate: 0.2 });
    const users = await makeUsers(db, 2);
    for (const user of users) {
      const honeypot = await take(campaign, user, { chance: 0.19 });
      expect(honeypot).toMatchObject({ image: { name: '1.png' } });
      await submit(honeypot!.id);
      // None is left.
      expect(await take(campaign, user, { chance: 0.19 })).not.toMatchObject({ image: { name: '1.png' } });
    }
    const other = await makeUser(db);
    expect(await take(campaign, other, { chance: 0.2 })).toMatchObject({ image: { name: '4.png' } });
    expect((await tasksOf(db, campaign.id))[0]).toMatchObject({ honeypot: true, taken: 2, state: 'open' });
    expect(await progressOf(db, campaign.id)).toMatchObject({ tasks: 3 });
  });

  test('a campaign that is paused, closed or past its deadline gives no image', async () => {
    const user = await makeUser(db);
    const paused = await makeCampaign(db, { state: 'paused' });
    await expect(take(paused, user)).rejects.toThrow('is paused; expected it open');
    const closed = await makeCampaign(db, { state: 'closed' });
    await expect(take(closed, user)).rejects.toThrow('is closed; expected it open');
    const over = await makeCampaign(db, { deadline: '2026-01-01T00:00:00.000Z' });
    const now = (time: string) => ({ now: new Date(time) });
    await expect(take(over, user, now('2026-01-01T00:00:00.000Z'))).rejects.toThrow('ended at 2026-01-01');
    expect(await take(over, user, now('2025-12-31T23:59:59.999Z'))).toBeDefined();
  });

  test('wanting more annotators reopens tasks, wanting fewer ends them', async () => {
    const campaign = await makeCampaign(db, { images: 2, annotators: 2, known: 1, honeypotRate: 0.1 });
    const users = await makeUsers(db, 2);
    await submit((await take(campaign, users[0]))!.id);
    const change = (annotators: number) => changeCampaign(db, campaign.id, { annotators }, 'owner');
    const states = async () => (await tasksOf(db, campaign.id)).map(({ state }) => state);
    expect(await states()).toEqual(['open', 'open']);
    await change(1);
    expect(await states()).toEqual(['open', 'done']);
    expect(await take(await findCampaign(db, campaign.id), users[1])).toBeUndefined();
    await change(3);
    expect(await states()).toEqual(['open', 'open']);
    expect(await take(await findCampaign(db, campaign.id), users[1])).toMatchObject({ image: { name: '2.png' } });
  });

  test('submissions, reviews and changes of the wanted number, all at once, leave the right state', async () => {
    for (let round = 0; round < 4; round++) {
      const campaign = await makeCampaign(db, { images: 3, annotators: 4 });
      const users = await makeUsers(db, 4);
      const held: string[] = [];
      for (let image = 0; image < 3; image++) {
        for (const user of users) held.push((await takeTask(db, campaign, user))!);
        if (image < 2) await Promise.all(held.slice(-4).map(submit));
      }
      expect((await tasksOf(db, campaign.id)).map(({ state }) => state)).toEqual(['done', 'done', 'open']);
      await Promise.all([
        changeCampaign(db, campaign.id, { annotators: 3 }, 'owner'),
        reviewAssignment(db, held[0], { verdict: 'send_back' }, 'owner'),
        reviewAssignment(db, held[1], { verdict: 'send_back' }, 'owner'),
        ...held.slice(-4, -1).map(submit),
      ]);
      expect((await tasksOf(db, campaign.id)).map(({ state }) => state)).toEqual(['open', 'done', 'done']);
    }
  });

  test('the coming images are those that are then given', async () => {
    const campaign = await makeCampaign(db, { images: 4, known: 1, honeypotRate: 0.1 });
    const [user, other] = await makeUsers(db, 2);
    await take(campaign, user);
    await take(campaign, other);
    expect((await comingTasks(db, campaign, user, 2)).map(({ name }) => name)).toEqual(['4.png']);
  });

  test('a shard is filled once, however many servers try', async () => {
    const campaign = await makeCampaign(db, { images: 0 });
    await db.updateTable('campaign').set({ filled: 0 }).where('id', '=', campaign.id).execute();
    const image = { id: 1, sha256: 'a'.repeat(64), name: 'a.png', object: 'a', bytes: 1, version: '1' };
    await Promise.all([1, 2, 3].map(() => fillShard(db, campaign, 0, [image], new Set())));
    expect(await tasksOf(db, campaign.id)).toHaveLength(1);
    const random = await makeCampaign(db, { images: 20, ordering: 'random' });
    const order = (await tasksOf(db, random.id)).map(({ name }) => Number.parseInt(name, 10));
    expect(order).not.toEqual([...order].sort((a, b) => a - b));
  });
});
