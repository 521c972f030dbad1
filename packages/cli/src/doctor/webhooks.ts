/** Hosts that webhooks may lead to: whether their names are known here, and lead where webhooks may go. */
import { lookup } from 'node:dns/promises';
import { isOpen } from '@saltworks/orchestrator/notices/allowed-hosts';
import { type Check, type Finding, ok, oneLine, warning } from './check.ts';
import { isServer } from './deployment.ts';

export const checkWebhooks: Check = async (place) => {
  const { webhookHosts } = place.settings;
  if (!isServer(place) || webhookHosts.length === 0) return [];
  const findings = await Promise.all(
    webhookHosts.map(async (allowed): Promise<Finding | undefined> => {
      const { host } = allowed;
      if (host.startsWith('*.')) return undefined;
      try {
        const addresses = await lookup(host.replace(/^\[|\]$/g, ''), { all: true });
        if (addresses.some(({ address }) => isOpen(address, allowed))) return undefined;
        const said = `${host} is ${addresses[0]?.address}, which is not public`;
        return warning('webhooks', said, `${host}=NETWORK in SALTWORKS_WEBHOOK_HOSTS, if webhooks may go there`);
      } catch (error) {
        return warning('webhooks', `${host}: ${oneLine(error)}`, 'SALTWORKS_WEBHOOK_HOSTS, or the name server');
      }
    }),
  );
  const wrong = findings.filter((each) => each !== undefined);
  return wrong.length > 0 ? wrong : [ok('webhooks', `${webhookHosts.map(({ host }) => host).join(', ')}`)];
};
