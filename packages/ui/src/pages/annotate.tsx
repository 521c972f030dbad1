/** The annotator's page: a campaign's images, one after the other. */
import { postCampaignNext } from '@saltworks/contract/api/assignments';
import { getCampaign, getCampaignProgress } from '@saltworks/contract/api/campaigns';
import { postAssignmentReopen } from '@saltworks/contract/api/own-work';
import { postAssignmentCorrect } from '@saltworks/contract/api/reviews';
import { useCallback, useEffect, useRef, useState } from 'react';
import { askAhead } from '../annotate/session/ask-for.ts';
import { Preview } from '../annotate/session/preview.ts';
import { Session } from '../annotate/session/session.ts';
import { Workbench } from '../annotate/workbench.tsx';
import { ApiError, ask, askAs } from '../api.ts';
import { Failed, Loading, Plain } from '../states.tsx';
import { begin, type Step } from '../traces.ts';

export function AnnotatePage({ campaign }: { campaign: string }) {
  const [session, setSession] = useState<Session | Nothing>();
  const [failure, setFailure] = useState<Error>();
  const opener = useRef<Opener>(undefined);

  /** The previous image stays on screen until the next can be painted. */
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
    const query = new URLSearchParams(location.search);
    const [chosen, corrected] = [query.get('assignment') ?? undefined, query.get('correct') ?? undefined];
    // Asked for once: a page that is loaded anew goes on with what it was given.
    if (chosen !== undefined) history.replaceState(history.state, '', location.pathname);
    const own = openOneByOne(campaign, { chosen, corrected });
    opener.current = own;
    void next();
    return () => {
      opener.current = undefined;
      own.close();
      setSession(undefined);
    };
  }, [campaign, next]);

  useRenewal(session instanceof Session ? session : undefined);
  // The campaign is paused, closed or past its deadline, or others have the image.
  if (failure instanceof ApiError && failure.status === 409) {
    return <Idle title="No images for now" text={`${failure.message}.`} again={next} />;
  }
  if (failure) return <Failed error={failure} again={next} />;
  if (!session) return <Loading what="the next image" />;
  if (session === 'being prepared') {
    const text = 'The images of this campaign are being prepared. They come as they are ready.';
    return <Idle title="Being prepared" text={text} again={next} />;
  }
  if (session === 'nothing left') {
    return (
      <Idle
        title="Nothing left to do"
        text="Every image of this campaign is done, or in the hands of others. Thank you. What a reviewer sends back comes to you again."
        again={next}
      />
    );
  }
  return <Workbench key={session.key} session={session} done={next} />;
}

interface IdleProps {
  title: string;
  text: string;
  again(): Promise<void>;
}

/** Shown when there is no image to draw on. */
const Idle = ({ title, text, again }: IdleProps) => (
  <Plain title={title}>
    <p>{text}</p>
    <p className="actions">
      <button type="button" className="main" onClick={() => void again()}>
        Look again
      </button>
      <a className="button" href="/work">
        My work
      </a>
      <a className="button" href="/">
        All campaigns
      </a>
    </p>
  </Plain>
);

/** Fetch the next image once this one is on screen and solved. */
const restMs = 1_000;

/** The reason why there is no image. */
type Nothing = 'nothing left' | 'being prepared';

type Opener = ReturnType<typeof openOneByOne>;

/**
 * Opens a campaign's images; the solver's thread carries over from one to the next.
 *
 * @param chosen the annotator's own assignment that comes first
 * @param corrected somebody's assignment that a reviewer corrects; from it the way leads back to the review
 */
function openOneByOne(campaign: string, { chosen, corrected }: { chosen?: string; corrected?: string }) {
  const preview = new Preview();
  const place = { params: { campaign } };
  const given = (step: Step | undefined) => {
    if (corrected !== undefined) return askAs(step, postAssignmentCorrect, { params: { assignment: corrected } });
    const assignment = chosen;
    chosen = undefined;
    if (assignment === undefined) return askAs(step, postCampaignNext, place);
    return askAs(step, postAssignmentReopen, { params: { assignment } });
  };
  let current: Session | undefined;
  let closed = false;
  let later: ReturnType<typeof setTimeout> | undefined;
  return {
    async next(): Promise<Session | Nothing | undefined> {
      if (corrected !== undefined && current) {
        location.assign(`/campaigns/${campaign}/review?assignment=${corrected}`);
        return current;
      }
      const known = begin('open');
      const found = await given(known?.step('next'));
      // The first answer tells whether traces are recorded.
      const opening = known ?? begin('open');
      if (closed) return undefined;
      // The previous session still owns the solver, and must not take this image for its own.
      current?.close();
      current = undefined;
      if (!found) return (await ask(getCampaignProgress, place)).filled ? 'nothing left' : 'being prepared';
      // Its classes and instructions may have changed since the last image.
      const session = await Session.open(found, ask(getCampaign, place), preview, opening).finally(() =>
        opening?.end(),
      );
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

/** Renews the lease while the page is visible, and checks it at once when the annotator returns. */
function useRenewal(session: Session | undefined): void {
  useEffect(() => {
    if (!session) return;
    const renew = () => {
      if (document.visibilityState === 'visible') session.renew().catch(() => {});
    };
    const timer = setInterval(renew, Math.max(2, session.campaign.leaseSeconds / 3) * 1000);
    document.addEventListener('visibilitychange', renew);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', renew);
    };
  }, [session]);
}
