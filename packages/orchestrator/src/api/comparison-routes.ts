/** Routes of comparisons of builds. */
import { getBuildComparison, getBuildComparisonImages } from '@saltworks/contract/api/builds';
import { compared, listCompared } from '../builds/compare.ts';
import { route } from './routes.ts';
import { subjectOf } from './subject.ts';

export const comparisonRoutes = [
  route(getBuildComparison, {
    summary: 'A build compared with another one; the first question starts the run that compares them',
    access: { subject: 'reviewer' },
    handler: ({ deps, params: { subject, build }, query: { before } }) =>
      compared(deps, subjectOf(subject), { build, before }),
  }),
  route(getBuildComparisonImages, {
    summary: 'Images of a comparison, the most changed first; a part may be short before the last',
    access: { subject: 'reviewer' },
    handler: ({ deps, params: { subject, build }, query: { before, kept, ...wanted } }) =>
      listCompared(
        deps,
        subjectOf(subject),
        { build, before },
        { ...wanted, ...(kept !== undefined && { kept: kept === 'true' }) },
      ),
  }),
];
