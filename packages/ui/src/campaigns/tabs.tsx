/** The tabs of a campaign. */
import type { Me } from '@saltworks/contract/api/accounts';
import { getCampaignProgress } from '@saltworks/contract/api/campaigns';
import type { AssignmentState } from '@saltworks/contract/api/states';
import { useLoaded } from '../load.ts';
import { mayIn } from '../pages/me.ts';
import type { Tab } from '../pages/shell.tsx';
import { count } from '../plots/figures.ts';

export function campaignTabs(id: string, me: Me | undefined): Tab[] {
  const at = `/campaigns/${id}`;
  const reviews = mayIn(me, id, 'reviewer');
  const manages = mayIn(me, id, 'manager');
  return [
    ...(reviews
      ? [
          { name: 'Overview', href: at, badge: <Badge campaign={id} state="skipped" means="skipped" /> },
          { name: 'Images', href: `${at}/images` },
          {
            name: 'Review',
            href: `${at}/review`,
            badge: <Badge campaign={id} state="submitted" means="waiting for review" />,
          },
        ]
      : []),
    { name: 'Annotate', href: `${at}/annotate` },
    ...(manages ? [{ name: 'Quality', href: `${at}/quality` }] : []),
    ...(reviews ? [{ name: 'Builds', href: `${at}/builds`, within: true }] : []),
    ...(manages
      ? [
          { name: 'Exports', href: `${at}/exports` },
          { name: 'Bake-off', href: `${at}/bakeoffs`, within: true },
          { name: 'People', href: `${at}/people` },
          { name: 'Settings', href: `${at}/settings` },
        ]
      : []),
  ];
}

interface BadgeProps {
  campaign: string;
  state: AssignmentState;
  /** What the count counts, for those who do not see it stand beside the tab. */
  means: string;
}

/** How many images wait behind a tab; nothing where none does. */
function Badge({ campaign, state, means }: BadgeProps) {
  const { value } = useLoaded(getCampaignProgress, { params: { campaign } }, 30_000);
  const waiting = value?.assignments[state] ?? 0;
  if (waiting === 0) return null;
  return (
    <>
      {' '}
      <span className="badge">
        {count(waiting)}
        <span className="unseen"> {means}</span>
      </span>
    </>
  );
}
