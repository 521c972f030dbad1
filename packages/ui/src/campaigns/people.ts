/** Names of a campaign's annotators. */
import type { Member } from '@saltworks/contract/api/campaigns';

export type NameOf = (user: string) => string;

/** Former members are named by the start of their id. */
export const namesOf =
  (members: readonly Member[] | undefined): NameOf =>
  (user) =>
    members?.find((member) => member.user === user)?.name ?? `former member ${user.slice(0, 6)}`;
