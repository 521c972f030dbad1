/** Routes of backbones. */
import { getBackbones } from '@saltworks/contract/api/backbones';
import { route } from './routes.ts';

export const backboneRoutes = [
  route(getBackbones, {
    summary: 'Backbones that keys can come from',
    access: 'manager',
    handler: ({ deps }) => deps.backbones.list(),
  }),
];
