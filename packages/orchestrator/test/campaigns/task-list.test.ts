import type { Campaign } from '@saltworks/contract/api/campaigns';
import type { Kysely } from 'kysely';
import { beforeAll, describe, expect, test } from 'vitest';
import { appendInteractions } from '../../dist/campaigns/assignments/interactions.js';
import { skipAssignment } from '../../dist/campaigns/assignments/leave.js';
import { reviewAssignment } from '../../dist/campaigns/assignments/reviews.js';
import { submitAssignment } from '../../dist/campaigns/assignments/submit.js';
import { listTasks, type TaskQuery } from '../../dist/campaigns/tasks/list.js';
import type { ListedTask } from '../../dist/campaigns/tasks/read.js';
import { takeTask } from '../../dist/campaigns/tasks/take.js';
import type { Schema } from '../../dist/db/schema.js';
import { describeDatabases } from '../databases.ts';
import { makeCampaign, makeUser } from './campaign.ts';

describeDatabases('lists of tasks', ({ open }) => {
  let db: Kysely<Schema>;
  let campaign: Campaign;

  /** Takes the next image and draws a segment of a category. @returns the assignment */
  async function draw(user: string, category: number): Promise<string> {
    const id = (await takeTask(db, campaign, await makeUser(db, user)))!;
    const interactions = [{ seq: 1, interaction: { kind: 'segment' as const, id: 1, category } }];
    const until = new Date(Date.now() + 60_000);
    const options = { until, size: { width: 9, height: 9 }, categories: [1, 2] };
    await appendInteractions(db, id, { client: 'window-1', interactions }, options);
    return id;
  }

  const handIn = (id: string, uncertainty: number | null, now?: Date) =>
    submitAssignment(db, id, { n: 1, mask: `mask of ${id}`, uncertainty }, now);

  /** Numbers of the images in a list, the same for all sizes of parts. */
  async function list(query: Partial<TaskQuery>): Promise<number[]> {
    const all = async (limit: number) => {
      const items: ListedTask[] = [];
      for (let after: string | undefined; ; ) {
        const page = await listTasks(db, campaign.id, { order: 'given', ...query, limit, after });
        expect(page.items.length).toBeLessThanOrEqual(limit);
        items.push(...page.items);
        if (page.next === null) return items.map(({ image }) => image.id);
        after = page.next;
      }
    };
    const whole = await all(200);
    for (const limit of [1, 2, 3]) expect(await all(limit), `in parts of ${limit}`).toEqual(whole);
    return whole;
  }

  const taskOf = async (image: number): Promise<ListedTask> => {
    const { items } = await listTasks(db, campaign.id, { order: 'given', limit: 200 });
    return items.find((task) => task.image.id === image)!;
  };

  beforeAll(async () => {
    ({ db } = await open());
    campaign = await makeCampaign(db, { images: 8, annotators: 2 });
    await makeCampaign(db, { images: 4 });
    // Two annotators take turns: images 1 to 4, both the first one.
    const first = await draw('ann', 1);
    await handIn(first, 0.2);
    await handIn(await draw('bob', 2), 0.6);
    await reviewAssignment(db, first, { verdict: 'accept' }, 'owner');
    await handIn(await draw('ann', 1), 0.4);
    const third = await draw('ann', 2);
    await handIn(third, null);
    await reviewAssignment(db, third, { verdict: 'send_back', note: 'more' }, 'owner');
    const fourth = await draw('cleo', 1);
    await handIn(fourth, 0.4);
    await skipAssignment(db, await draw('dan', 2), 'blurred');
    await draw('dan', 1);
  }, 60_000);

  test('hold every image of the campaign once, in the order in which images are given out', async () => {
    expect(await list({})).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const random = await makeCampaign(db, { images: 30, ordering: 'random' });
    const { items } = await listTasks(db, random.id, { order: 'given', limit: 200 });
    const ranks = await db
      .selectFrom('task')
      .select('image_id')
      .where('campaign', '=', random.id)
      .orderBy('rank')
      .execute();
    expect(items.map(({ image }) => image.id)).toEqual(ranks.map(({ image_id }) => image_id));
  });

  test('show the state of an image', async () => {
    const { id, mask, works, ...rest } = await taskOf(1);
    expect(works.map(({ author, state }) => [author, state])).toEqual([
      ['ann', 'accepted'],
      ['bob', 'submitted'],
    ]);
    expect(rest).toEqual({
      image: { id: 1, name: '1.png', sha256: expect.any(String), width: null, height: null },
      ...{ state: 'done', honeypot: false, wanted: 2, taken: 2, handed: 2, accepted: 1 },
      ...{ categories: [1, 2], uncertainty: 0.6, consensus: false },
    });
    // An accepted mask counts before a later one.
    const accepted = await db.selectFrom('assignment').select('mask').where('state', '=', 'accepted').execute();
    expect([mask]).toEqual(accepted.map((row) => row.mask));
    expect(await taskOf(8)).toMatchObject({ taken: 0, handed: 0, categories: [], uncertainty: null, mask: null });
    await db.insertInto('consensus').values({ task: id, mask: 'together', weights: '{}' }).execute();
    expect(await taskOf(1)).toMatchObject({ mask: 'together', consensus: true });
    await db
      .updateTable('consensus')
      .set({ made: new Date(0) })
      .where('task', '=', id)
      .execute();
    expect(await taskOf(1)).toMatchObject({ mask, consensus: false });
  });

  describe('hold the images that match the filters', () => {
    /** The same filters, applied to each task. */
    const fits = async (query: Partial<TaskQuery>): Promise<number[]> => {
      const { items } = await listTasks(db, campaign.id, { order: 'given', limit: 200 });
      const states = await db.selectFrom('assignment').select(['task', 'state']).execute();
      const of = {
        begun: ['leased'],
        handed: ['submitted', 'accepted'],
        accepted: ['accepted'],
        sent_back: ['sent_back'],
        skipped: ['skipped'],
      };
      return items
        .filter(({ id, state, taken, categories, uncertainty }) => {
          const { work } = query;
          if (query.state && query.state !== state) return false;
          if (query.categories && !query.categories.some((one) => categories.includes(one))) return false;
          if (query.uncertain !== undefined && !(uncertainty !== null && uncertainty >= query.uncertain)) return false;
          if (work === 'none') return taken === 0;
          return !work || states.some((row) => row.task === id && of[work].includes(row.state));
        })
        .sort((a, b) => (query.order === 'uncertain' ? (b.uncertainty ?? -1) - (a.uncertainty ?? -1) : 0))
        .map(({ image }) => image.id);
    };
    const works = [undefined, 'none', 'begun', 'handed', 'accepted', 'sent_back', 'skipped'] as const;

    test.each(works)('work %s', async (work) => {
      for (const order of ['given', 'uncertain'] as const) {
        for (const state of [undefined, 'open', 'done'] as const) {
          for (const category of [undefined, 1, 2]) {
            for (const uncertain of [undefined, 0, 0.4]) {
              const query = { order, work, state, ...(category && { categories: [category] }), uncertain };
              expect([query, await list(query)]).toEqual([query, await fits(query)]);
            }
          }
        }
      }
    });

    test('for example these', async () => {
      expect(await list({ categories: [2] })).toContain(3);
      expect(await list({ work: 'sent_back' })).toEqual([3]);
      expect(await list({ uncertain: 0.5 })).toEqual([1]);
      const [skipped] = await list({ work: 'skipped' });
      expect((await taskOf(skipped)).works).toContainEqual(
        expect.objectContaining({ author: 'dan', state: 'skipped', reason: 'blurred' }),
      );
      expect((await list({ order: 'uncertain' }))[0]).toBe(1);
    });
  });

  test('a mask that is submitted again sets the uncertainty of its image anew', async () => {
    const sentBack = await db
      .selectFrom('assignment')
      .select(['id', 'user_id'])
      .where('state', '=', 'sent_back')
      .executeTakeFirstOrThrow();
    expect(await takeTask(db, campaign, sentBack.user_id)).toBe(sentBack.id);
    await handIn(sentBack.id, 0.9);
    expect(await taskOf(3)).toMatchObject({ uncertainty: 0.9, handed: 1 });
    expect((await list({ order: 'uncertain' }))[0]).toBe(3);
  });

  test('a cursor of another list is refused', async () => {
    const { next } = await listTasks(db, campaign.id, { order: 'given', limit: 1 });
    for (const after of [next!, 'x', Buffer.from('["uncertain",1,"x"]').toString('base64url')]) {
      const asked = listTasks(db, campaign.id, { order: 'uncertain', limit: 1, after });
      await expect(asked).rejects.toThrow('after: no place in this list; expected the `next` of its last part');
    }
  });
});
