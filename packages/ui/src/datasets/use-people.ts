/** Members of campaigns, as a filter offers them. Managers alone are told who they are. */
import { getCampaignMembers } from '@saltworks/contract/api/campaigns';
import { useEffect, useState } from 'react';
import { ask } from '../api.ts';

interface Person {
  user: string;
  name: string;
}

export function usePeople(campaigns: readonly string[]): readonly Person[] {
  const [people, setPeople] = useState<readonly Person[]>([]);
  const text = campaigns.join(' ');
  useEffect(() => {
    let closed = false;
    const ids = text === '' ? [] : text.split(' ');
    Promise.all(ids.map((campaign) => ask(getCampaignMembers, { params: { campaign } }))).then(
      (lists) => {
        const found = new Map(lists.flat().map(({ user, name }) => [user, name]));
        if (!closed) setPeople([...found].map(([user, name]) => ({ user, name })));
      },
      // Without them the filter is left out.
      () => {},
    );
    return () => {
      closed = true;
    };
  }, [text]);
  return people;
}
