/** The caller's campaigns. */
import { getCampaigns } from '@saltworks/contract/api/campaigns';
import { getMeWork } from '@saltworks/contract/api/own-work';
import { useEffect } from 'react';
import { ApiError } from '../api.ts';
import { CampaignCard } from '../campaigns/card.tsx';
import { DeletedCard } from '../campaigns/deleted-card.tsx';
import { useLoaded } from '../load.ts';
import { ShownSwitch, useShown } from '../shown.tsx';
import { Await } from '../states.tsx';
import { mayIn, useMe } from './me.ts';
import { Shell } from './shell.tsx';

export function HomePage() {
  const { value: me, error } = useMe();
  const admin = me?.role === 'admin';
  const [show, setShow] = useShown();
  const campaigns = useLoaded(getCampaigns, { query: { show } }, 30_000);
  const manages = admin || me?.campaigns.some(({ role }) => role === 'manager') || show === 'deleted';
  const { value: work } = useLoaded(getMeWork, {}, 30_000);
  const signedOut = error instanceof ApiError && error.status === 401;
  useEffect(() => {
    // A sign-in refused by an OpenID Connect provider leads here, with the reason in the query.
    if (signedOut) location.replace(`/sign-in${location.search}`);
  }, [signedOut]);
  const make = () => location.assign('/campaigns/new');
  return (
    <Shell
      title="Campaigns"
      shortcuts={admin ? [{ keys: ['n'], show: 'N', label: 'new campaign', run: make }] : []}
      aside={
        admin && (
          <a className="button main" href="/campaigns/new">
            New campaign
          </a>
        )
      }
    >
      <ShownSwitch what="campaigns" show={show} setShow={setShow} deleted={!!manages} />
      <Await loaded={campaigns} what="campaigns">
        {(found) =>
          found.length === 0 && show !== 'current' ? (
            <p>None.</p>
          ) : found.length === 0 ? (
            <div className="empty">
              {admin ? (
                <p>
                  There is none yet. <a href="/campaigns/new">Make one</a> over a <a href="/datasets">dataset</a>, then
                  add the people who draw.
                </p>
              ) : (
                <p>You take part in none yet. Whoever manages a campaign can add you by your e-mail address.</p>
              )}
            </div>
          ) : (
            <ul className="cards">
              {found.map((campaign) =>
                campaign.deleted ? (
                  <DeletedCard key={campaign.id} campaign={campaign} changed={campaigns.again} />
                ) : (
                  <CampaignCard
                    key={campaign.id}
                    campaign={campaign}
                    reviews={mayIn(me, campaign.id, 'reviewer')}
                    manages={mayIn(me, campaign.id, 'manager')}
                    sentBack={work?.find((one) => one.campaign === campaign.id)?.states.sent_back ?? 0}
                  />
                ),
              )}
            </ul>
          )
        }
      </Await>
    </Shell>
  );
}
