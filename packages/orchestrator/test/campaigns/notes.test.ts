import type { Kysely } from 'kysely';
import { beforeAll, expect, test } from 'vitest';
import { eventsAfter } from '../../dist/campaigns/assignments/events.js';
import { setImageSize } from '../../dist/campaigns/assignments/image-size.js';
import { addNote, readThread } from '../../dist/campaigns/assignments/notes.js';
import { findAssignment } from '../../dist/campaigns/assignments/read.js';
import { reviewAssignment } from '../../dist/campaigns/assignments/reviews.js';
import { submitAssignment } from '../../dist/campaigns/assignments/submit.js';
import { takeTask } from '../../dist/campaigns/tasks/take.js';
import type { Schema } from '../../dist/db/schema.js';
import { describeDatabases } from '../databases.ts';
import { makeCampaign, makeUser } from './campaign.ts';

describeDatabases('notes', ({ open }) => {
  let db: Kysely<Schema>;
  beforeAll(async () => {
    ({ db } = await open());
  }, 60_000);

  test('and verdicts are one thread through all rounds, in every state, and are told to open pages', async () => {
    const [user, reviewer] = [await makeUser(db), await makeUser(db)];
    const campaign = await makeCampaign(db, { members: { annotator: [user], reviewer: [reviewer] } });
    const id = (await takeTask(db, campaign, user))!;
    const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute));
    const asked = await addNote(db, id, { text: 'Is the rim salt?', at: { x: 3.5, y: 2 } }, user, at(1));
    await submitAssignment(db, id, { n: 0, mask: 'm' });
    await addNote(db, id, { text: 'It is.' }, reviewer, at(2));
    await reviewAssignment(
      db,
      id,
      { verdict: 'send_back', note: 'Then draw it.', at: { x: 1, y: 1 } },
      reviewer,
      at(3),
    );
    await takeTask(db, campaign, user);
    await addNote(db, id, { text: 'Done.' }, user, at(4));
    await submitAssignment(db, id, { n: 0, mask: 'm2' });
    await reviewAssignment(db, id, { verdict: 'accept' }, reviewer, at(5));
    await addNote(db, id, { text: 'Thanks.' }, user, at(6));

    const thread = await readThread(db, id);
    expect(thread.map(({ author, text, verdict }) => [author, text, verdict])).toEqual([
      [user, 'Is the rim salt?', null],
      [reviewer, 'It is.', null],
      [reviewer, 'Then draw it.', 'send_back'],
      [user, 'Done.', null],
      [reviewer, null, 'accept'],
      [user, 'Thanks.', null],
    ]);
    expect(thread[0]).toEqual(asked);
    expect(thread.map(({ at }) => at)).toEqual([{ x: 3.5, y: 2 }, null, { x: 1, y: 1 }, null, null, null]);
    expect(thread.map(({ created }) => created)).toEqual([1, 2, 3, 4, 5, 6].map((minute) => at(minute).toISOString()));
    const told = (await eventsAfter(db, id, 0)).filter(({ kind }) => kind === 'note').map(({ body }) => body);
    expect(told).toEqual(thread.filter(({ verdict }) => verdict === null));
  });

  test('are pinned to places of the image only', async () => {
    const user = await makeUser(db);
    const campaign = await makeCampaign(db, { members: { annotator: [user] } });
    const id = (await takeTask(db, campaign, user))!;
    await setImageSize(db, (await findAssignment(db, id)).task, { width: 4, height: 3 });
    await addNote(db, id, { text: 'the corner', at: { x: 4, y: 3 } }, user);
    await expect(addNote(db, id, { text: 'beside it', at: { x: 4.5, y: 3 } }, user)).rejects.toThrow(
      'a place at 4.5, 3; expected one within 4 × 3',
    );
    expect(await readThread(db, id)).toHaveLength(1);
    await expect(addNote(db, 'nothing', { text: 'a word' }, user)).rejects.toThrow('no assignment nothing');
  });
});
