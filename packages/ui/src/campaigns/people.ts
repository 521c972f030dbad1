/** Names of those who took part. */
import type { Member } from '@saltworks/core/contract/api';
import { useEffect, useState } from 'react';
import { api } from '../api.ts';

export type NameOf = (user: string) => string;

/** Who is a member no longer is told apart by the beginning of an id. */
export const namesOf =
  (members: readonly Member[] | undefined): NameOf =>
  (user) =>
    members?.find((member) => member.user === user)?.name ?? `former member ${user.slice(0, 6)}`;

/** Names of some, in an order of theirs: who may not know the members is told of annotators 1, 2, … */
export function usePeople(campaign: string, users: readonly string[]): NameOf {
  const [members, setMembers] = useState<Member[]>();
  useEffect(() => {
    // Managers alone are told.
    api<Member[]>('GET', `/api/campaigns/${campaign}/members`).then(setMembers, () => {});
  }, [campaign]);
  return members ? namesOf(members) : (user) => `Annotator ${users.indexOf(user) + 1}`;
}
