/** The images of a campaign, one after the other. */

import type { Assignment } from '@saltworks/core/contract/api';
import { useCallback, useEffect, useState } from 'react';
import { Session } from '../annotate/session.ts';
import { Workbench } from '../annotate/workbench.tsx';
import { api } from '../api.ts';
import { Failed, Loading } from '../states.tsx';

export function AnnotatePage({ campaign }: { campaign: string }) {
  const [session, setSession] = useState<Session | 'nothing left'>();
  const [failure, setFailure] = useState<Error>();
  const [turn, setTurn] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a turn is the next image
  useEffect(() => {
    let closed = false;
    let opened: Session | undefined;
    setSession(undefined);
    setFailure(undefined);
    (async () => {
      const next = await api<Assignment | null>('POST', `/api/campaigns/${campaign}/next`, {});
      if (closed) return;
      if (!next) return setSession('nothing left');
      opened = await Session.open(next.id);
      if (closed) return opened.close();
      setSession(opened);
    })().catch((error) => !closed && setFailure(error));
    return () => {
      closed = true;
      opened?.close();
    };
  }, [campaign, turn]);

  const next = useCallback(() => setTurn((now) => now + 1), []);
  useRenewal(session instanceof Session ? session : undefined);
  if (failure) return <Failed error={failure} again={next} />;
  if (!session) return <Loading what="the next image" />;
  if (session === 'nothing left') {
    return (
      <main className="page">
        <h1>Nothing left to do</h1>
        <p>Every image of this campaign is taken or done. Thank you.</p>
        <p>
          <a href="/">All campaigns</a>
        </p>
      </main>
    );
  }
  return <Workbench key={session.assignment.id} session={session} done={next} />;
}

/** Holds the image while somebody looks at the page. */
function useRenewal(session: Session | undefined): void {
  useEffect(() => {
    if (!session) return;
    const { assignment, campaign } = session;
    const every = Math.max(2, campaign.leaseSeconds / 3) * 1000;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') {
        api('POST', `/api/assignments/${assignment.id}/renew`, {}).catch(() => {});
      }
    }, every);
    return () => clearInterval(timer);
  }, [session]);
}
