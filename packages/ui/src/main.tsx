/** The router: each address to its page. */
import './without-eval.ts';
import { getSession } from '@saltworks/contract/api/sign-in';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Route, Switch } from 'wouter';
import { ask } from './api.ts';
import { onDemand } from './on-demand.tsx';
import { AnnotatePage } from './pages/annotate.tsx';
import { HomePage } from './pages/home.tsx';
import { NowherePage } from './pages/nowhere.tsx';
import { SignInPage } from './pages/sign-in.tsx';
import './style.css';
import './pages.css';

const later = () => import('./pages/loaded-later.ts');
const AccountPage = onDemand(() => later().then((pages) => pages.AccountPage));
const BackbonesPage = onDemand(() => later().then((pages) => pages.BackbonesPage));
const BuildPage = onDemand(() => later().then((pages) => pages.BuildPage));
const BuildComparisonPage = onDemand(() => later().then((pages) => pages.BuildComparisonPage));
const BakeoffsPage = onDemand(() => later().then((pages) => pages.BakeoffsPage));
const BuildsPage = onDemand(() => later().then((pages) => pages.BuildsPage));
const CampaignPage = onDemand(() => later().then((pages) => pages.CampaignPage));
const CampaignImagesPage = onDemand(() => later().then((pages) => pages.CampaignImagesPage));
const NewCampaignPage = onDemand(() => later().then((pages) => pages.NewCampaignPage));
const CampaignSettingsPage = onDemand(() => later().then((pages) => pages.CampaignSettingsPage));
const ComparePage = onDemand(() => later().then((pages) => pages.ComparePage));
const DatasetPage = onDemand(() => later().then((pages) => pages.DatasetPage));
const DatasetsPage = onDemand(() => later().then((pages) => pages.DatasetsPage));
const ReviewPage = onDemand(() => later().then((pages) => pages.ReviewPage));
const SearchPage = onDemand(() => later().then((pages) => pages.SearchPage));
const WorkPage = onDemand(() => later().then((pages) => pages.WorkPage));
const SchedulesPage = onDemand(() => later().then((pages) => pages.SchedulesPage));

// Prolongs a session in use; without one, the page's own requests lead to sign-in.
ask(getSession).catch(() => {});

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <Switch>
      <Route path="/sign-in">
        <SignInPage />
      </Route>
      <Route path="/account">
        <AccountPage />
      </Route>
      <Route path="/campaigns/new">
        <NewCampaignPage />
      </Route>
      <Route path="/campaigns/:campaign">
        {({ campaign }) => <CampaignPage campaign={campaign} part="overview" />}
      </Route>
      {(['quality', 'people', 'exports'] as const).map((part) => (
        <Route key={part} path={`/campaigns/:campaign/${part}`}>
          {({ campaign }) => <CampaignPage campaign={campaign} part={part} />}
        </Route>
      ))}
      <Route path="/campaigns/:campaign/settings">
        {({ campaign }) => <CampaignSettingsPage campaign={campaign} />}
      </Route>
      <Route path="/campaigns/:campaign/images">{({ campaign }) => <CampaignImagesPage campaign={campaign} />}</Route>
      <Route path="/campaigns/:campaign/annotate">{({ campaign }) => <AnnotatePage campaign={campaign} />}</Route>
      <Route path="/campaigns/:campaign/compare/:task">
        {({ campaign, task }) => <ComparePage campaign={campaign} task={task} />}
      </Route>
      <Route path="/campaigns/:campaign/review">{({ campaign }) => <ReviewPage campaign={campaign} />}</Route>
      {(['campaign', 'dataset'] as const).map((kind) => (
        <Route key={kind} path={`/${kind}s/:name/builds`}>
          {({ name }) => <BuildsPage kind={kind} name={name} />}
        </Route>
      ))}
      {(['campaign', 'dataset'] as const).map((kind) => (
        <Route key={kind} path={`/${kind}s/:name/builds/:build`}>
          {({ name, build }) => <BuildPage kind={kind} name={name} build={build} />}
        </Route>
      ))}
      {(['campaign', 'dataset'] as const).map((kind) => (
        <Route key={kind} path={`/${kind}s/:name/builds/:build/compared`}>
          {({ name, build }) => <BuildComparisonPage kind={kind} name={name} build={build} />}
        </Route>
      ))}
      {(['campaign', 'dataset'] as const).map((kind) => (
        <Route key={kind} path={`/${kind}s/:name/bakeoffs/:bakeoff?`}>
          {({ name, bakeoff }) => <BakeoffsPage kind={kind} name={name} bakeoff={bakeoff} />}
        </Route>
      ))}
      <Route path="/backbones">
        <BackbonesPage />
      </Route>
      <Route path="/schedules">
        <SchedulesPage />
      </Route>
      <Route path="/work">
        <WorkPage />
      </Route>
      <Route path="/datasets">
        <DatasetsPage />
      </Route>
      <Route path="/datasets/:dataset">{({ dataset }) => <DatasetPage dataset={dataset} part="images" />}</Route>
      <Route path="/datasets/:dataset/search/:search?">
        {({ dataset, search }) => <SearchPage dataset={dataset} search={search} />}
      </Route>
      <Route path="/datasets/:dataset/:part">
        {({ dataset, part }) =>
          part === 'uploads' ||
          part === 'keys' ||
          part === 'runs' ||
          part === 'failures' ||
          part === 'exports' ||
          part === 'settings' ? (
            <DatasetPage dataset={dataset} part={part} />
          ) : (
            <NowherePage />
          )
        }
      </Route>
      <Route path="/">
        <HomePage />
      </Route>
      <Route>
        <NowherePage />
      </Route>
    </Switch>
  </StrictMode>,
);
