import type { Kysely } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { authorise } from '../../dist/api/access.js';
import { correctAssignment, correctorsOf } from '../../dist/campaigns/assignments/corrections.js';
import { appendInteractions, readLog, restoreInteraction } from '../../dist/campaigns/assignments/interactions.js';
import { expireLease } from '../../dist/campaigns/assignments/leases.js';
import { returnAssignment, skipAssignment } from '../../dist/campaigns/assignments/leave.js';
import { findAssignment } from '../../dist/campaigns/assignments/read.js';
import { reviewAssignment } from '../../dist/campaigns/assignments/reviews.js';
import { submitAssignment } from '../../dist/campaigns/assignments/submit.js';
import { campaignEffort } from '../../dist/campaigns/measures/effort.js';
import { removeMember } from '../../dist/campaigns/members.js';
import { takeTask } from '../../dist/campaigns/tasks/take.js';
import type { Schema } from '../../dist/db/schema.js';
import { describeDatabases } from '../databases.ts';
import { makeCampaign, makeUser, tasksOf } from './campaign.ts';

describeDatabases('corrections', ({ open }) => {
  let db: Kysely<Schema>;
  beforeAll(async () => {
    ({ db } = await open());
  }, 60_000);

  const size = { width: 8, height: 8 };
  const later = (seconds: number) => new Date(Date.now() + 1000 * seconds);
  const draw = (id: string, client: string, seq: number, x: number) =>
    appendInteractions(
      db,
      id,
      {
        client,
        interactions: [{ seq, interaction: { kind: 'stroke', segment: 0, points: [[x, x]], radius: 1 } }],
      },
      { size, until: later(60), categories: [1] },
    );
  const handed = async () => {
    const [ann, rita] = [await makeUser(db), await makeUser(db)];
    const campaign = await makeCampaign(db, { images: 1, members: { annotator: [ann], reviewer: [rita] } });
    const id = (await takeTask(db, campaign, ann))!;
    await draw(id, 'ann-window', 1, 1);
    await db.updateTable('assignment').set({ refined: 1 }).where('id', '=', id).execute();
    await submitAssignment(db, id, { n: 1, mask: 'm', uncertainty: 0.4 });
    return { ann, rita, campaign, id, correct: (who = rita) => correctAssignment(db, campaign, id, who) };
  };
  const may = (user: string, assignment: string, as: 'own' | 'see' | 'review') =>
    authorise(db, { assignment: as }, { id: user, role: 'member', name: '', email: '' }, { assignment }).then(
      () => true,
      () => false,
    );

  test('are strokes under the reviewer’s name in the same log, handed in and accepted by the reviewer', async () => {
    const { ann, rita, campaign, id, correct } = await handed();
    await correct();
    expect(await findAssignment(db, id)).toMatchObject({ state: 'leased', user: ann, corrector: rita });
    expect((await tasksOf(db, campaign.id))[0]).toMatchObject({ state: 'open', taken: 1 });
    // Meanwhile it is the reviewer's: the annotator sees it, and is given nothing.
    expect([await may(rita, id, 'own'), await may(ann, id, 'own'), await may(ann, id, 'see')]).toEqual([
      ...[true, false, true],
    ]);
    expect(await takeTask(db, campaign, ann)).toBeUndefined();
    await correct();
    const { entries } = await draw(id, 'rita-window', 1, 3);
    expect(entries).toMatchObject([{ n: 2, by: rita }]);
    await submitAssignment(db, id, { n: 2, mask: 'm2' });
    expect(await findAssignment(db, id)).toMatchObject({ state: 'submitted', user: ann, corrector: null, n: 2 });
    expect([await may(rita, id, 'own'), await may(rita, id, 'review'), await may(ann, id, 'review')]).toEqual([
      ...[false, true, false],
    ]);
    await reviewAssignment(db, id, { verdict: 'accept' }, rita);
    expect((await readLog(db, id)).map(({ by }) => by)).toEqual([undefined, rita]);
    expect(await correctorsOf(db, [{ id, n: 2 }])).toEqual(new Map([[id, [rita]]]));
    // A mask of fewer strokes was not corrected.
    expect(await correctorsOf(db, [{ id, n: 1 }])).toEqual(new Map());
    const told = await db
      .selectFrom('audit')
      .select(['actor', 'action'])
      .where('object', '=', id)
      .orderBy('n')
      .execute();
    expect(told.map(({ actor, action }) => [actor, action])).toEqual([
      [ann, 'assignment.submit'],
      [rita, 'assignment.correct'],
      [rita, 'assignment.submit'],
      [rita, 'review.accept'],
    ]);
    // The reviewer's strokes are not the annotator's work.
    const { annotators } = await campaignEffort(db, campaign);
    expect(annotators).toMatchObject([{ annotator: ann, strokes: 1 }]);

    // An entry that the database lost comes back under the same name.
    const [entry] = entries;
    await db.updateTable('assignment').set({ n: 2 }).where('id', '=', id).execute();
    const again = { ...entry, n: 3, seq: 2 };
    expect(await restoreInteraction(db, again)).toBe(true);
    expect((await readLog(db, id)).at(-1)).toMatchObject({ n: 3, by: rita });
  });

  test('that are given back, or whose lease ends, leave the image submitted with its mask, free for nobody', async () => {
    for (const end of [returnAssignment, (_: unknown, id: string) => expireLease(db, id, later(1000))]) {
      const { rita, campaign, id, correct } = await handed();
      await reviewAssignment(db, id, { verdict: 'accept' }, rita);
      await correct();
      await end(db, id);
      expect(await findAssignment(db, id)).toMatchObject({ state: 'submitted', corrector: null, mask: 'm' });
      expect((await tasksOf(db, campaign.id))[0]).toMatchObject({ state: 'done', taken: 1 });
    }
  });

  test('without a mask of all that is drawn go to the annotator', async () => {
    const { ann, campaign, id, correct } = await handed();
    await correct();
    await draw(id, 'rita-window', 1, 3);
    await expireLease(db, id, later(1000));
    expect(await findAssignment(db, id)).toMatchObject({ state: 'sent_back', corrector: null });
    expect(await takeTask(db, campaign, ann)).toBe(id);
  });

  test('are of one reviewer at a time, and of what was handed in', async () => {
    const { ann, rita, campaign, id, correct } = await handed();
    const other = await makeUser(db);
    await correct();
    await expect(correct(other)).rejects.toThrow('another reviewer corrects it');
    await expect(skipAssignment(db, id, 'dark')).rejects.toThrow('a reviewer corrects it');
    // The annotator leaves, and the reviewer goes on; the reviewer leaves, and it waits for another.
    await removeMember(db, campaign.id, ann, 'owner');
    expect(await findAssignment(db, id)).toMatchObject({ state: 'leased', corrector: rita });
    expect(await removeMember(db, campaign.id, rita, 'owner')).toEqual([id]);
    expect(await findAssignment(db, id)).toMatchObject({ state: 'submitted', corrector: null });
    await reviewAssignment(db, id, { verdict: 'send_back' }, 'owner');
    await expect(correct(other)).rejects.toThrow('its annotator has it');
  });
});
