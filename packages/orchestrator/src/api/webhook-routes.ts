/** Routes of webhooks. */
import {
  deleteTopicWebhook,
  getTopicWebhookDeliveries,
  getTopicWebhooks,
  postTopicWebhookRedeliver,
  postTopicWebhooks,
  postTopicWebhookTest,
} from '@saltworks/contract/api/webhooks';
import { datasetOf } from '../datasets/datasets.ts';
import { topicOf } from '../notices/topics.ts';
import {
  addWebhook,
  listDeliveries,
  listWebhooks,
  redeliver,
  removeWebhook,
  testWebhook,
} from '../notices/webhooks.ts';
import { route } from './routes.ts';

const access = { topic: 'manager' } as const;
/** Each of these makes the server send something to a host elsewhere. */
const perMinute = 30;

export const webhookRoutes = [
  route(getTopicWebhooks, {
    summary: 'Webhooks of a campaign, a dataset or a schedule',
    access,
    handler: ({ deps, params }) => listWebhooks(deps.db, params.topic),
  }),
  route(postTopicWebhooks, {
    summary: 'A new webhook, to a host that the server allows; its secret is told this once',
    access,
    errors: [409],
    async handler({ deps, params, body, user }) {
      const { kind, name } = topicOf(params.topic);
      // An administrator passes with any name.
      if (kind === 'dataset') await datasetOf(deps.store, name);
      return addWebhook(deps, params.topic, body, user.id);
    },
  }),
  route(deleteTopicWebhook, {
    summary: 'Removes a webhook; what is on its way to it is dropped',
    access,
    async handler({ deps, params, user }) {
      await removeWebhook(deps.db, params.topic, params.webhook, user.id);
      return null;
    },
  }),
  route(postTopicWebhookTest, {
    summary: 'Sends a trial to a webhook',
    access,
    perMinute,
    handler: ({ deps, params, user }) => testWebhook(deps, params.topic, params.webhook, user.id),
  }),
  route(getTopicWebhookDeliveries, {
    summary: 'What was sent to a webhook, and how each try went; the newest first',
    access,
    handler: ({ deps, params, query }) => listDeliveries(deps.db, params.topic, params.webhook, query),
  }),
  route(postTopicWebhookRedeliver, {
    summary: 'Sends something to a webhook once more, now',
    access,
    perMinute,
    async handler({ deps, params, user }) {
      await redeliver(deps, params.topic, params, user.id);
      return null;
    },
  }),
];
