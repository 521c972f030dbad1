import type { Kysely } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { changeAccount } from '../../dist/accounts/accounts.js';
import { eventsAfter } from '../../dist/campaigns/assignments/events.js';
import { expiredLeases, expireLease, renewLease } from '../../dist/campaigns/assignments/leases.js';
import { leaveUnusable, offerAgain, returnAssignment, skipAssignment } from '../../dist/campaigns/assignments/leave.js';
import { findAssignment, listAssignments } from '../../dist/campaigns/assignments/read.js';
import { readReviews, reviewAssignment } from '../../dist/campaigns/assignments/reviews.js';
import { submitAssignment } from '../../dist/campaigns/assignments/submit.js';
import { listMembers, removeMember, setMember } from '../../dist/campaigns/members.js';
import { progressOf } from '../../dist/campaigns/progress.js';
import { takeTask } from '../../dist/campaigns/tasks/take.js';
import type { Schema } from '../../dist/db/schema.js';
import { describeDatabases } from '../databases.ts';
import { makeCampaign, makeUser, makeUsers, tasksOf } from './campaign.ts';

describeDatabases('leases', ({ open }) => {
  let db: Kysely<Schema>;
  beforeAll(async () => {
    ({ db } = await open());
  }, 60_000);

  const begin = async (changes = {}) => {
    const user = await makeUser(db);
    const campaign = await makeCampaign(db, { leaseSeconds: 60, members: { annotator: [user] }, ...changes });
    return { campaign, user, id: (await takeTask(db, campaign, user))! };
  };
  const after = (seconds: number) => new Date(Date.now() + 1000 * seconds);
  const kinds = async (id: string) =>
    (await eventsAfter(db, id, 0)).map(({ body }) => (body as { state: string }).state);

  test('end unless they are renewed', async () => {
    const { campaign, id } = await begin();
    expect(await expireLease(db, id, after(59))).toEqual(new Date((await findAssignment(db, id)).leaseUntil));
    const until = await renewLease(db, id, 60, after(30));
    expect(await expireLease(db, id, after(61))).toEqual(until);
    expect(await expiredLeases(db, after(61))).not.toContain(id);
    expect(await expiredLeases(db, after(100))).toContain(id);
    expect(await expireLease(db, id, after(100))).toBeUndefined();
    expect(await expireLease(db, id, after(100))).toBeUndefined();
    expect(await findAssignment(db, id)).toMatchObject({ state: 'returned' });
    expect((await tasksOf(db, campaign.id))[0]).toMatchObject({ taken: 0 });
    expect(await kinds(id)).toEqual(['returned']);
  });

  test('on images that cannot be opened end as if skipped, unless something is drawn', async () => {
    const { campaign, user, id } = await begin();
    expect(await leaveUnusable(db, id, '3 bytes')).toBe(true);
    expect(await leaveUnusable(db, id, '3 bytes')).toBe(false);
    expect(await findAssignment(db, id)).toMatchObject({ state: 'skipped', reason: 'it cannot be opened: 3 bytes' });
    const next = (await takeTask(db, campaign, user))!;
    expect((await findAssignment(db, next)).task).not.toBe((await findAssignment(db, id)).task);
    await db.updateTable('assignment').set({ n: 1 }).where('id', '=', next).execute();
    expect(await leaveUnusable(db, next, '3 bytes')).toBe(false);
    expect(await findAssignment(db, next)).toMatchObject({ state: 'leased' });
  });

  test('that ended allow no renewal, return or submission, but the image can be taken again', async () => {
    const { campaign, user, id } = await begin();
    const ended = { detail: { state: 'returned' } };
    for (const act of [
      () => renewLease(db, id, 60, after(61)),
      () => returnAssignment(db, id, after(61)),
      () => skipAssignment(db, id, 'dark', after(61)),
      () => submitAssignment(db, id, { n: 0, mask: 'm' }, after(61)),
    ]) {
      await expect(act()).rejects.toMatchObject(ended);
    }
    await expireLease(db, id, after(61));
    await expect(renewLease(db, id, 60)).rejects.toMatchObject(ended);
    expect(await takeTask(db, campaign, user)).toBe(id);
    expect(await kinds(id)).toEqual(['returned', 'leased']);
    expect((await tasksOf(db, campaign.id))[0]).toMatchObject({ taken: 1 });
  });

  test('a skipped image shows its annotator, reason and time, and is offered again', async () => {
    const { campaign, user, id } = await begin({ images: 1 });
    const at = after(1);
    await skipAssignment(db, id, 'too dark', at);
    const [skipped] = await listAssignments(db, campaign.id, { state: 'skipped' });
    expect(skipped).toMatchObject({ id, author: user, reason: 'too dark', updated: at.toISOString() });
    expect(await progressOf(db, campaign.id)).toMatchObject({ skipped: 1, done: 0 });
    // Until then only others get it.
    expect(await takeTask(db, campaign, user)).toBeUndefined();
    expect(await offerAgain(db, skipped.task, 'owner')).toBe(1);
    expect(await offerAgain(db, skipped.task, 'owner')).toBe(0);
    expect(await progressOf(db, campaign.id)).toMatchObject({ skipped: 0 });
    expect(await takeTask(db, campaign, user)).toBe(id);
    expect(await kinds(id)).toEqual(['skipped', 'returned', 'leased']);
    const told = await db.selectFrom('audit').select(['actor', 'action']).where('object', '=', id).execute();
    expect(told).toContainEqual({ actor: 'owner', action: 'assignment.offer' });
  });

  test('a skipped image that another annotator has no longer counts as skipped', async () => {
    const { campaign, id } = await begin({ images: 1 });
    await skipAssignment(db, id, 'too dark');
    await takeTask(db, campaign, await makeUser(db));
    expect(await progressOf(db, campaign.id)).toMatchObject({ skipped: 0 });
  });

  test('annotators have their names, or e-mail addresses where two share a name', async () => {
    const { campaign, user, id } = await begin();
    expect(await findAssignment(db, id)).toMatchObject({ user, author: user });
    const other = await makeUser(db);
    await db.updateTable('user').set({ name: user }).where('id', '=', other).execute();
    const second = (await takeTask(db, campaign, other))!;
    expect(await findAssignment(db, id)).toMatchObject({ author: `${user}@example.org` });
    expect(await findAssignment(db, second)).toMatchObject({ author: `${other}@example.org` });
  });

  test('of a removed member are returned, and so are sent-back assignments', async () => {
    const { campaign, user, id } = await begin();
    await submitAssignment(db, id, { n: 0, mask: 'm' });
    const second = (await takeTask(db, campaign, user))!;
    await reviewAssignment(db, id, { verdict: 'send_back' }, 'owner');
    expect((await removeMember(db, campaign.id, user, 'owner')).sort()).toEqual([id, second].sort());
    expect((await tasksOf(db, campaign.id)).map(({ taken }) => taken)).toEqual([0, 0, 0]);
    expect((await listMembers(db, campaign.id)).map((member) => member.user)).toEqual(['owner']);
    await expect(removeMember(db, campaign.id, user, 'owner')).rejects.toThrow(`no member ${user}`);
    await setMember(db, campaign.id, user, 'annotator', 'owner');
    expect(await takeTask(db, campaign, user)).toBe(id);
  });

  test('of a disabled account are returned everywhere; the last administrator cannot be disabled', async () => {
    const { user, id } = await begin();
    const other = (await takeTask(db, await makeCampaign(db), user))!;
    expect((await changeAccount(db, user, { disabled: true }, 'owner').catch((error) => error)).message).toBe(
      'the last administrator; expected another one to be left',
    );
    const [first, second] = await makeUsers(db, 2);
    await db.updateTable('user').set({ role: 'admin' }).where('id', 'in', [first, second]).execute();
    expect((await changeAccount(db, user, { disabled: true }, first)).sort()).toEqual([id, other].sort());
    expect(await findAssignment(db, id)).toMatchObject({ state: 'returned' });
    const ended = await Promise.allSettled([
      changeAccount(db, second, { role: 'member' }, first),
      changeAccount(db, first, { disabled: true }, second),
    ]);
    expect(ended.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    await expect(changeAccount(db, 'nobody', { disabled: true }, first)).rejects.toThrow('no user nobody');
  });

  test('reviews are stored, and only submitted masks are reviewed', async () => {
    const { id } = await begin();
    const accept = () => reviewAssignment(db, id, { verdict: 'accept' }, 'owner');
    await expect(accept()).rejects.toMatchObject({ detail: { state: 'leased' } });
    await submitAssignment(db, id, { n: 0, mask: 'm' });
    await accept();
    await reviewAssignment(db, id, { verdict: 'send_back', note: 'an edge', at: { x: 1.5, y: 0 } }, 'owner');
    await expect(accept()).rejects.toMatchObject({ detail: { state: 'sent_back' } });
    expect(await readReviews(db, id)).toMatchObject([
      { verdict: 'accept', note: null, at: null, reviewer: 'owner' },
      { verdict: 'send_back', note: 'an edge', at: { x: 1.5, y: 0 } },
    ]);
    expect(await kinds(id)).toEqual(['submitted', 'accepted', 'sent_back']);
  });

  test('assignments are listed by page, the newest first, also those of one instant', async () => {
    const campaign = await makeCampaign(db, { images: 7, annotators: 1 });
    for (const user of await makeUsers(db, 7)) await takeTask(db, campaign, user);
    await db.updateTable('assignment').set({ created: '2026-01-01' }).where('campaign', '=', campaign.id).execute();
    const seen: string[] = [];
    for (;;) {
      const page = await listAssignments(db, campaign.id, { before: seen.at(-1), limit: 3 });
      if (page.length === 0) break;
      seen.push(...page.map(({ id }) => id));
    }
    expect(new Set(seen).size).toBe(7);
    expect(await listAssignments(db, campaign.id, { state: 'submitted' })).toEqual([]);
    const [{ user }] = await listAssignments(db, campaign.id, {});
    expect(await listAssignments(db, campaign.id, { user })).toHaveLength(1);
  });
});
