/** The signed-in account. */

import { getMe, type Me } from '@saltworks/contract/api/accounts';
import { postSignOut } from '@saltworks/contract/api/sign-in';
import type { MemberRole } from '@saltworks/contract/api/states';
import { useEffect, useState } from 'react';
import { ask } from '../api.ts';
import type { Loaded } from '../load.ts';

let asked: Promise<Me> | undefined;

/** Fetched once a page, however many parts use it. */
export function useMe(): Pick<Loaded<Me>, 'value' | 'error'> {
  const [state, setState] = useState<{ value?: Me; error?: Error }>({});
  useEffect(() => {
    asked ??= ask(getMe);
    asked.then(
      (value) => setState({ value }),
      (error) => setState({ error }),
    );
  }, []);
  return state;
}

const ranks = { annotator: 0, reviewer: 1, manager: 2 };

/** Administrators count as managers of every campaign. */
export function mayIn(me: Me | undefined, campaign: string, role: MemberRole): boolean {
  if (me?.role === 'admin') return true;
  const mine = me?.campaigns.find(({ id }) => id === campaign)?.role;
  return mine !== undefined && ranks[mine] >= ranks[role];
}

export async function signOut(): Promise<void> {
  await ask(postSignOut, { body: {} }).catch(() => {});
  location.href = '/sign-in';
}
