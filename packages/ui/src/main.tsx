/** The page: which part of it an address shows. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Route, Switch } from 'wouter';
import { AnnotatePage } from './pages/annotate.tsx';
import { HomePage } from './pages/home.tsx';
import { ReviewPage } from './pages/review.tsx';
import { SignInPage } from './pages/sign-in.tsx';
import './style.css';

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <Switch>
      <Route path="/sign-in">
        <SignInPage />
      </Route>
      <Route path="/campaigns/:campaign/annotate">{({ campaign }) => <AnnotatePage campaign={campaign} />}</Route>
      <Route path="/campaigns/:campaign/review">{({ campaign }) => <ReviewPage campaign={campaign} />}</Route>
      <Route path="/">
        <HomePage />
      </Route>
      <Route>
        <main className="page">
          <h1>No such page</h1>
          <p>
            <a href="/">All campaigns</a>
          </p>
        </main>
      </Route>
    </Switch>
  </StrictMode>,
);
