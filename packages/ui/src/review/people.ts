/** What those who annotate are called: by name for managers, by a number for everybody else. */
import type { Member } from '@saltworks/core/contract/api';
import { useEffect, useState } from 'react';
import { api } from '../api.ts';

/** @returns a name by account, of those given; numbers are in their order */
export function usePeople(campaign: string, users: readonly string[]): (user: string) => string {
  const [members, setMembers] = useState<Member[]>([]);
  useEffect(() => {
    // Reviewers are not told who the members are.
    api<Member[]>('GET', `/api/campaigns/${campaign}/members`).then(setMembers, () => {});
  }, [campaign]);
  return (user) => members.find((member) => member.user === user)?.name ?? `Annotator ${users.indexOf(user) + 1}`;
}
