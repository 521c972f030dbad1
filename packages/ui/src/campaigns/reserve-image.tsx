/** Whom an image is reserved for: chosen by a manager among the members. */
import { getCampaignMembers } from '@saltworks/contract/api/campaigns';
import { putTaskPeople, type Task } from '@saltworks/contract/api/tasks';
import { useState } from 'react';
import { ask } from '../api.ts';
import { useAttempt } from '../attempt.ts';
import { useLoaded } from '../load.ts';
import { Await } from '../states.tsx';

export function ReserveImage({ campaign, task }: { campaign: string; task: Task }) {
  const members = useLoaded(getCampaignMembers, { params: { campaign } });
  const [people, setPeople] = useState<readonly string[]>((task.people ?? []).map(({ user }) => user));
  const { failure, attempt } = useAttempt(() => {});
  const toggle = (user: string) => {
    const next = people.includes(user) ? people.filter((one) => one !== user) : [...people, user];
    void attempt(async () => {
      await ask(putTaskPeople, { params: { task: task.id }, body: { people: next } });
      setPeople(next);
    });
  };
  return (
    <details>
      <summary>{people.length > 0 ? `Reserved for ${people.length}` : 'Reserve it for given people'}</summary>
      <p className="hint">They get it first, and nobody else does. With nobody chosen it is for all.</p>
      <Await loaded={members} what="members">
        {(list) => (
          <ul className="bare">
            {list.map(({ user, name, email }) => (
              <li key={user}>
                <label>
                  <input type="checkbox" checked={people.includes(user)} onChange={() => toggle(user)} /> {name} (
                  {email})
                </label>
              </li>
            ))}
          </ul>
        )}
      </Await>
      <p role="alert" className="failure">
        {failure}
      </p>
    </details>
  );
}
