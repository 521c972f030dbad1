/** The images of a campaign, one after the other. */
import type { Assignment, Campaign } from '@saltworks/core/contract/api';
import { useCallback, useEffect, useRef, useState } from 'react';
import { askAhead } from '../annotate/ask-for.ts';
import { Preview } from '../annotate/preview.ts';
import { Session } from '../annotate/session.ts';
import { Workbench } from '../annotate/workbench.tsx';
import { api } from '../api.ts';
import { Failed, Loading } from '../states.tsx';

export function AnnotatePage({ campaign }: { campaign: string }) {
  const [session, setSession] = useState<Session | 'nothing left'>();
  const [failure, setFailure] = useState<Error>();
  const opener = useRef<Opener>(undefined);

  /** The image before is on the screen until the next one can be painted. */
  const next = useCallback(async () => {
    const own = opener.current;
    try {
      const found = await own?.next();
      if (own !== opener.current) return;
      setFailure(undefined);
      setSession(found);
    } catch (error) {
      if (own === opener.current) setFailure(error as Error);
    }
  }, []);
  useEffect(() => {
    const own = openOneByOne(campaign);
    opener.current = own;
    void next();
    return () => {
      opener.current = undefined;
      own.close();
      setSession(undefined);
    };
  }, [campaign, next]);

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

/** What comes next is read once this image is on the screen and solved. */
const restMs = 1_000;

type Opener = ReturnType<typeof openOneByOne>;

/** Opens a campaign's images; the solver's thread and what is known of the campaign stay from one to the next. */
function openOneByOne(campaign: string) {
  const preview = new Preview();
  const about = api<Campaign>('GET', `/api/campaigns/${campaign}`);
  about.catch(() => {});
  let current: Session | undefined;
  let closed = false;
  let later: ReturnType<typeof setTimeout> | undefined;
  return {
    async next(): Promise<Session | 'nothing left' | undefined> {
      const found = await api<Assignment | null>('POST', `/api/campaigns/${campaign}/next`, {});
      if (closed) return undefined;
      // The session before still owns the solver: it must not take what is opened now for its own.
      current?.close();
      current = undefined;
      if (!found) return 'nothing left';
      const session = await Session.open(found, about, preview);
      if (closed) session.close();
      else current = session;
      clearTimeout(later);
      later = setTimeout(() => void askAhead(campaign).catch(() => {}), restMs);
      return session;
    },
    close() {
      closed = true;
      clearTimeout(later);
      current?.close();
      preview.close();
    },
  };
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
