import type { Kysely } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { eventsAfter } from '../../dist/campaigns/assignments/events.js';
import { returnAssignment, skipAssignment } from '../../dist/campaigns/assignments/leave.js';
import { addNote } from '../../dist/campaigns/assignments/notes.js';
import { countOwnWork, listOwnWork } from '../../dist/campaigns/assignments/own.js';
import { findAssignment } from '../../dist/campaigns/assignments/read.js';
import { reopenAssignment } from '../../dist/campaigns/assignments/reopen.js';
import { reviewAssignment } from '../../dist/campaigns/assignments/reviews.js';
import { submitAssignment } from '../../dist/campaigns/assignments/submit.js';
import { findCampaign } from '../../dist/campaigns/campaigns.js';
import { changeCampaign } from '../../dist/campaigns/change.js';
import { removeMember } from '../../dist/campaigns/members.js';
import { takeTask } from '../../dist/campaigns/tasks/take.js';
import type { Schema } from '../../dist/db/schema.js';
import { describeDatabases } from '../databases.ts';
import { makeCampaign, makeUser, tasksOf } from './campaign.ts';

describeDatabases('own work', ({ open }) => {
  let db: Kysely<Schema>;
  beforeAll(async () => {
    ({ db } = await open());
  }, 60_000);

  const begin = async (changes = {}) => {
    const user = await makeUser(db);
    const campaign = await makeCampaign(db, { members: { annotator: [user] }, ...changes });
    const take = async () => (await takeTask(db, campaign, user))!;
    const hand = async () => {
      const id = await take();
      await submitAssignment(db, id, { n: 0, mask: 'm', uncertainty: 0.5 });
      return id;
    };
    return { campaign, user, take, hand, reopen: (id: string) => reopenAssignment(db, campaign, id) };
  };
  const stateOf = async (id: string) => (await findAssignment(db, id)).state;
  const me = (id: string) => ({ id, role: 'member' });

  test('is counted and listed over all campaigns, the latest change first, with the notes', async () => {
    const { campaign, user, take, hand } = await begin({ images: 4 });
    const [back, handed] = [await hand(), await hand()];
    const skipped = await take();
    await skipAssignment(db, skipped, 'dark');
    await reviewAssignment(db, back, { verdict: 'send_back', note: 'the edge' }, 'owner');
    await addNote(db, back, { text: 'Which edge?' }, user);
    await addNote(db, handed, { text: 'It is dark.' }, user);
    const other = await makeCampaign(db, { members: { annotator: [user] } });
    const elsewhere = (await takeTask(db, other, user))!;
    await takeTask(db, campaign, await makeUser(db));

    for (const [i, id] of [handed, skipped, back, elsewhere].entries()) {
      const updated = new Date(Date.UTC(2026, 0, 1 + i));
      await db.updateTable('assignment').set({ updated }).where('id', '=', id).execute();
    }
    const states = { submitted: 1, skipped: 1, sent_back: 1 };
    expect(await countOwnWork(db, me(user))).toEqual([
      { campaign: campaign.id, name: campaign.name, states },
      { campaign: other.id, name: other.name, states: { leased: 1 } },
    ]);
    const all = await listOwnWork(db, me(user), { limit: 10 });
    expect(all.map(({ id }) => id)).toEqual([elsewhere, back, skipped, handed]);
    expect(all.map(({ note, reason }) => note ?? reason)).toEqual([null, 'the edge', 'dark', null]);
    expect(all.map(({ thread }) => thread.map(({ author, text, verdict }) => [author, text, verdict]))).toEqual([
      [],
      [
        ['owner', 'the edge', 'send_back'],
        [user, 'Which edge?', null],
      ],
      [],
      [[user, 'It is dark.', null]],
    ]);
    const next = await listOwnWork(db, me(user), { limit: 10, before: back });
    expect(next.map(({ id }) => id)).toEqual([skipped, handed]);
    expect(await listOwnWork(db, me(user), { limit: 10, state: 'sent_back', campaign: other.id })).toEqual([]);
    expect(await listOwnWork(db, me(user), { limit: 10, state: 'sent_back', campaign: campaign.id })).toHaveLength(1);

    // A campaign that one has left is not there any more.
    await removeMember(db, other.id, user, 'owner');
    expect(await countOwnWork(db, me(user))).toHaveLength(1);
    expect((await listOwnWork(db, me(user), { limit: 10 })).map(({ id }) => id)).not.toContain(elsewhere);
    expect(await countOwnWork(db, { id: user, role: 'admin' })).toHaveLength(2);
  });

  test('that was handed in opens again until it is reviewed, and counts as not handed in meanwhile', async () => {
    const { campaign, user, take, hand, reopen } = await begin({ images: 2 });
    const id = await hand();
    const held = await take();
    expect((await tasksOf(db, campaign.id))[0]).toMatchObject({ state: 'done', taken: 1 });
    await reopen(id);
    expect(await stateOf(id)).toBe('leased');
    expect((await tasksOf(db, campaign.id))[0]).toMatchObject({ state: 'open', taken: 1 });
    const [task] = await db.selectFrom('task').select('uncertainty').where('campaign', '=', campaign.id).execute();
    expect(task.uncertainty).toBeNull();
    // Nobody else gets it, and what was held stays held.
    expect(await takeTask(db, campaign, await makeUser(db))).toBeUndefined();
    expect(await stateOf(held)).toBe('leased');
    await submitAssignment(db, id, { n: 0, mask: 'm2' });
    expect(await takeTask(db, campaign, user)).toBe(held);
    expect((await eventsAfter(db, id, 0)).map(({ body }) => (body as { state: string }).state)).toEqual([
      'submitted',
      'leased',
      'submitted',
    ]);
    const told = await db.selectFrom('audit').select('action').where('object', '=', id).orderBy('n').execute();
    expect(told.map(({ action }) => action)).toEqual(['assignment.submit', 'assignment.reopen', 'assignment.submit']);
    await reviewAssignment(db, id, { verdict: 'accept' }, 'owner');
    await expect(reopen(id)).rejects.toMatchObject({ detail: { state: 'accepted' } });
  });

  test('that was sent back is chosen among others', async () => {
    const { hand, reopen } = await begin({ images: 2 });
    const [first, second] = [await hand(), await hand()];
    for (const id of [first, second]) await reviewAssignment(db, id, { verdict: 'send_back' }, 'owner');
    await reopen(second);
    expect([await stateOf(first), await stateOf(second)]).toEqual(['sent_back', 'leased']);
  });

  test('that was skipped or returned opens again only while the image is wanted', async () => {
    const { campaign, take, reopen } = await begin({ images: 2 });
    const skipped = await take();
    await skipAssignment(db, skipped, 'dark');
    const returned = await take();
    await returnAssignment(db, returned);
    await reopen(skipped);
    await reopen(returned);
    expect(await findAssignment(db, skipped)).toMatchObject({ state: 'leased', reason: null });
    expect((await tasksOf(db, campaign.id)).map(({ taken }) => taken)).toEqual([1, 1]);
    await reopen(returned);
    expect((await tasksOf(db, campaign.id)).map(({ taken }) => taken)).toEqual([1, 1]);
    await skipAssignment(db, skipped, 'dark');
    await takeTask(db, campaign, await makeUser(db));
    await expect(reopen(skipped)).rejects.toThrow('others have the image by now');
    expect(await stateOf(skipped)).toBe('skipped');
    await returnAssignment(db, returned);
    await db.updateTable('task').set({ former: true }).where('campaign', '=', campaign.id).execute();
    await expect(reopen(returned)).rejects.toMatchObject({ detail: { state: 'returned' } });
  });

  test('opens again only in a campaign that is open', async () => {
    const { campaign, hand } = await begin();
    const id = await hand();
    await changeCampaign(db, campaign.id, { state: 'paused' }, 'owner');
    await expect(reopenAssignment(db, await findCampaign(db, campaign.id), id)).rejects.toThrow('expected it open');
    expect(await stateOf(id)).toBe('submitted');
  });
});
