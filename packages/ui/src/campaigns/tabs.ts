/** The tabs of a campaign. */
import type { Me } from '@saltworks/contract/api/accounts';
import { mayIn } from '../pages/me.ts';
import type { Tab } from '../pages/shell.tsx';

export function campaignTabs(id: string, me: Me | undefined): Tab[] {
  const at = `/campaigns/${id}`;
  return [
    ...(mayIn(me, id, 'reviewer')
      ? [
          { name: 'Overview', href: at },
          { name: 'Images', href: `${at}/images` },
          { name: 'Review', href: `${at}/review` },
          { name: 'Builds', href: `${at}/builds`, within: true },
        ]
      : []),
    { name: 'Annotate', href: `${at}/annotate` },
    ...(mayIn(me, id, 'manager')
      ? [
          { name: 'Bake-off', href: `${at}/bakeoffs`, within: true },
          { name: 'Settings', href: `${at}/settings` },
        ]
      : []),
  ];
}
