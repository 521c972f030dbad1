import type { Campaign } from '@saltworks/contract/api/campaigns';
import type { Kysely } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { reviewAssignment } from '../../dist/campaigns/assignments/reviews.js';
import { submitAssignment } from '../../dist/campaigns/assignments/submit.js';
import { paceOf } from '../../dist/campaigns/pace.js';
import { takeTask } from '../../dist/campaigns/tasks/take.js';
import type { Schema } from '../../dist/db/schema.js';
import { describeDatabases } from '../databases.ts';
import { makeCampaign, makeUser } from './campaign.ts';

const hour = 3_600_000;
const now = new Date('2026-03-10T12:30:00Z');
const ago = (hours: number) => new Date(now.getTime() - hours * hour);

describeDatabases('the pace of a campaign', ({ open }) => {
  let db: Kysely<Schema>;
  let campaign: Campaign;
  beforeAll(async () => {
    ({ db } = await open());
    campaign = await makeCampaign(db, { images: 6, known: 1, honeypotRate: 0.5, annotators: 2 });
    await db
      .updateTable('campaign')
      .set({ created: ago(24 * 100) })
      .where('id', '=', campaign.id)
      .execute();
  }, 60_000);

  async function handIn(user: string, at: Date, chance = 1): Promise<string> {
    const id = (await takeTask(db, campaign, await makeUser(db, user), { chance }))!;
    await submitAssignment(db, id, { n: 0, mask: 'm' });
    await db.updateTable('assignment').set({ submitted: at }).where('id', '=', id).execute();
    return id;
  }

  test('is unknown before the first mask', async () => {
    const pace = await paceOf(db, campaign.id, 'day', now);
    expect(pace).toMatchObject({ by: 'day', remaining: 10, perHour: null, perDay: null, finished: null });
    expect(pace.counts).toHaveLength(60);
    expect(pace.counts.every(({ handed, accepted }) => handed === 0 && accepted === 0)).toBe(true);
  });

  test('counts submitted masks by hours and days, empty ones included', async () => {
    await handIn('ann', ago(24 * 30));
    const accepted = await handIn('ann', ago(50));
    await reviewAssignment(db, accepted, { verdict: 'accept' }, 'owner');
    await handIn('ann', ago(0.2));
    await handIn('ann', ago(0.4));
    await handIn('bob', ago(0.8));
    const back = await handIn('bob', ago(1));
    await reviewAssignment(db, back, { verdict: 'send_back' }, 'owner');

    const days = await paceOf(db, campaign.id, 'day', now);
    expect(days.counts.at(-1)).toEqual({ at: '2026-03-10T00:00:00.000Z', handed: 3, accepted: 0 });
    expect(days.counts.at(-3)).toEqual({ at: '2026-03-08T00:00:00.000Z', handed: 1, accepted: 1 });
    expect(days.counts.at(-31)).toMatchObject({ at: '2026-02-08T00:00:00.000Z', handed: 1 });
    const hours = await paceOf(db, campaign.id, 'hour', now);
    expect(hours.counts).toHaveLength(48);
    expect(hours.counts.at(-1)).toEqual({ at: '2026-03-10T12:00:00.000Z', handed: 2, accepted: 0 });
    expect(hours.counts.at(-2)).toEqual({ at: '2026-03-10T11:00:00.000Z', handed: 1, accepted: 0 });
    expect(hours).toMatchObject({ lastHour: 3, lastDay: 3 });
  });

  test('gives the masks that remain, and the day of the last', async () => {
    const { remaining, perHour, perDay, finished } = await paceOf(db, campaign.id, 'day', now);
    // Five images of two masks each, less five masks.
    expect(remaining).toBe(5);
    // Four masks of the last week, in three of its hours.
    expect(perHour).toBeCloseTo(4 / 3);
    expect(perDay).toBeCloseTo(4 / 7);
    expect(Date.parse(finished!)).toBeCloseTo(now.getTime() + (5 / (4 / 7)) * 24 * hour, -1);
  });

  test('three masks in the first hour make no pace', async () => {
    const young = await makeCampaign(db, { images: 6 });
    const created = (at: Date) => db.updateTable('campaign').set({ created: at }).where('id', '=', young.id).execute();
    await created(ago(1));
    const submit = async () => {
      const id = (await takeTask(db, young, await makeUser(db, 'dan')))!;
      await submitAssignment(db, id, { n: 0, mask: 'm' });
      await db
        .updateTable('assignment')
        .set({ submitted: ago(0.5) })
        .where('id', '=', id)
        .execute();
    };
    for (let i = 0; i < 3; i++) await submit();
    const nothing = { perHour: null, perDay: null, finished: null, remaining: 3 };
    const window = { since: ago(1).toISOString(), handed: 3 };
    expect(await paceOf(db, young.id, 'day', now)).toMatchObject({ ...nothing, window });
    // Nor do three in a week; four in a day do.
    await created(ago(24 * 30));
    expect(await paceOf(db, young.id, 'day', now)).toMatchObject(nothing);
    await submit();
    await created(ago(23));
    expect(await paceOf(db, young.id, 'day', now)).toMatchObject({ ...nothing, remaining: 2 });
    await created(ago(24));
    expect(await paceOf(db, young.id, 'day', now)).toMatchObject({
      perDay: 4,
      perHour: 4,
      finished: ago(-12).toISOString(),
    });
  });

  test('known images do not count among the masks that remain', async () => {
    await handIn('cleo', ago(0.1), 0);
    expect(await paceOf(db, campaign.id, 'day', now)).toMatchObject({ remaining: 5, lastHour: 4 });
  });
});
