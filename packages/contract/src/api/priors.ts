/** What a campaign's solves hear of the corpus (docs/corpus.md). */
import { endpoint, type Sent } from './endpoint.ts';

const prior: Sent = {
  type: 'application/octet-stream',
  description: 'safetensors: weights and frequencies of categories, their names and trust as metadata',
  parts: true,
};

/** Named by its content: it never changes. */
export const getCampaignPrior = endpoint({
  method: 'GET',
  url: '/api/campaigns/:campaign/priors/:prior',
  sends: prior,
});
