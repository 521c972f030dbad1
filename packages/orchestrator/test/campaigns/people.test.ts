import type { Kysely } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { returnAssignment } from '../../dist/campaigns/assignments/leave.js';
import { findAssignment } from '../../dist/campaigns/assignments/read.js';
import { reopenAssignment } from '../../dist/campaigns/assignments/reopen.js';
import { submitAssignment } from '../../dist/campaigns/assignments/submit.js';
import { removeMember } from '../../dist/campaigns/members.js';
import { reserveTask } from '../../dist/campaigns/tasks/people.js';
import { readTasks } from '../../dist/campaigns/tasks/read.js';
import { comingTasks, takeTask } from '../../dist/campaigns/tasks/take.js';
import type { Schema } from '../../dist/db/schema.js';
import { describeDatabases } from '../databases.ts';
import { makeCampaign, makeUsers, tasksOf } from './campaign.ts';

describeDatabases('reserved images', ({ open }) => {
  let db: Kysely<Schema>;
  beforeAll(async () => {
    ({ db } = await open());
  }, 60_000);

  const begin = async (images: number) => {
    const [ann, bob] = await makeUsers(db, 2);
    const campaign = await makeCampaign(db, { images, members: { annotator: [ann, bob] } });
    const ids = (await tasksOf(db, campaign.id)).map(({ id }) => id);
    const reserve = (image: number, ...people: string[]) => reserveTask(db, ids[image], people, 'owner');
    const take = async (user: string) => {
      const id = await takeTask(db, campaign, user);
      return id === undefined ? undefined : { id, image: ids.indexOf((await findAssignment(db, id)).task) };
    };
    return { ann, bob, campaign, ids, reserve, take };
  };

  test('come first to those whom they are for, and to nobody else', async () => {
    const { ann, bob, campaign, ids, reserve, take } = await begin(3);
    await reserve(2, ann);
    await reserve(0, ann);
    const [task] = await readTasks(db, campaign.id, [ids[2]]);
    expect(task.people).toEqual([{ user: ann, name: ann }]);
    expect((await comingTasks(db, campaign, ann, 3)).map(({ id }) => ids.indexOf(id))).toEqual([0, 2, 1]);
    expect((await comingTasks(db, campaign, bob, 3)).map(({ id }) => ids.indexOf(id))).toEqual([1]);
    const first = (await take(ann))!;
    expect(first.image).toBe(0);
    await submitAssignment(db, first.id, { n: 0, mask: 'm' });
    expect((await take(ann))?.image).toBe(2);
    expect((await take(bob))?.image).toBe(1);
    // Freed for all, it is given to whoever asks.
    await reserve(2);
    expect((await readTasks(db, campaign.id, [ids[2]]))[0].people).toBeUndefined();
  });

  test('are lost by those who gave them back before; a member who leaves loses the reservation', async () => {
    const { ann, bob, campaign, reserve, take } = await begin(1);
    const { id } = (await take(bob))!;
    await reserve(0, ann);
    await returnAssignment(db, id);
    expect(await take(bob)).toBeUndefined();
    await expect(reopenAssignment(db, campaign, id)).rejects.toMatchObject({ detail: { state: 'returned' } });
    await removeMember(db, campaign.id, ann, 'owner');
    expect((await take(bob))?.id).toBe(id);
  });

  test('are for members only', async () => {
    const { bob, reserve } = await begin(1);
    const [stranger] = await makeUsers(db, 1);
    await expect(reserve(0, bob, stranger)).rejects.toThrow(`account ${stranger}; expected a member of`);
    await expect(reserveTask(db, '999999999', [bob], 'owner')).rejects.toThrow('no task 999999999');
  });
});
