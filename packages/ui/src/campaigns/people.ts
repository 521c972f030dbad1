/** Names of those who took part. */
import type { Member } from '@saltworks/contract/api/answers';

export type NameOf = (user: string) => string;

/** Who is a member no longer is told apart by the beginning of an id. */
export const namesOf =
  (members: readonly Member[] | undefined): NameOf =>
  (user) =>
    members?.find((member) => member.user === user)?.name ?? `former member ${user.slice(0, 6)}`;
