/** Routes of bake-offs: variants tried on a sample before anything large is spent. */
import {
  getSubjectBakeoff,
  getSubjectBakeoffReport,
  getSubjectBakeoffs,
  postSubjectBakeoffCancel,
  postSubjectBakeoffs,
} from '@saltworks/contract/api/bakeoffs';
import { readReport } from '@saltworks/store/bakeoffs/bakeoffs';
import { auditAlone } from '../accounts/audit.ts';
import { bakeoffsOf, cancelBakeoff, findBakeoff, startBakeoff } from '../bakeoffs/bakeoffs.ts';
import { NotFoundError } from '../errors.ts';
import { route } from './routes.ts';
import { subjectOf } from './subject.ts';

const access = { subject: 'manager' } as const;

export const bakeoffRoutes = [
  route(getSubjectBakeoffs, {
    summary: 'Bake-offs of a campaign or a dataset',
    access,
    handler: ({ deps, params, query }) => bakeoffsOf(deps, subjectOf(params.subject), query),
  }),
  route(postSubjectBakeoffs, {
    summary: 'Tries variants of backbone, layer and settings on a sample of what was drawn, or finds the same trial',
    access,
    async handler({ deps, params, body, user }) {
      const subject = subjectOf(params.subject);
      const started = await startBakeoff(deps, subject, body);
      const detail = { id: started.id, variants: started.variants.map(({ name }) => name), images: started.images };
      await auditAlone(deps.db, { actor: user.id, action: 'bakeoff.start', object: params.subject, detail });
      return started;
    },
  }),
  route(getSubjectBakeoff, {
    summary: 'A bake-off, and how far it is',
    access,
    handler: ({ deps, params }) => findBakeoff(deps, subjectOf(params.subject), params.bakeoff),
  }),
  route(getSubjectBakeoffReport, {
    summary: 'What came of it: how good every variant is, and what it costs; 404 until it is done',
    access,
    async handler({ deps, params }) {
      const report = await readReport(deps.store, subjectOf(params.subject), params.bakeoff);
      if (!report) throw new NotFoundError('no report of such a bake-off, or not yet');
      return report;
    },
  }),
  route(postSubjectBakeoffCancel, {
    summary: 'Ends a bake-off that runs; what is done of it stays',
    access,
    errors: [409],
    async handler({ deps, params, user }) {
      await cancelBakeoff(deps, subjectOf(params.subject), params.bakeoff);
      const entry = {
        actor: user.id,
        action: 'bakeoff.cancel',
        object: params.subject,
        detail: { id: params.bakeoff },
      };
      await auditAlone(deps.db, entry);
      return null;
    },
  }),
];
