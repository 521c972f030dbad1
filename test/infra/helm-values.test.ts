/** Values that cannot be are refused, with what was received and what was expected. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { secretNames } from '@saltworks/cli/secret-files';
import { describe, expect, test } from 'vitest';
import { chart, defaults, refusal, type Yaml } from './chart.ts';

describe('values that cannot be are refused, with what was received and what was expected', () => {
  test.each([
    ['url=', 'url is empty; expected where people reach the page'],
    ['database.existingSecret=', 'database.existingSecret is empty; expected the name of a secret'],
    ['store.url=', 'store.url is empty; expected s3://'],
    ['store.existingSecret=', 'or store.workloadIdentity=true'],
    ['store.workloadIdentity=true', 'store.existingSecret=saltworks-store with store.workloadIdentity=true'],
    ['temporal.address=', 'temporal.address is empty; expected host:port'],
    ['session.existingSecret=', 'session.existingSecret is empty'],
    ['oidc.issuer=https://login.example.org', 'expected all three, or none'],
    ['oidc.domains[0]=example.org', 'oidc.domains=example.org without oidc.issuer'],
    ['smtp.host=mail.example.org', 'smtp.host=mail.example.org and smtp.from=; expected both, or neither'],
    ['smtp.user=salt', 'smtp.user=salt and smtp.existingSecret=; expected both, or neither'],
    ['smtp.user=salt,smtp.tls=none', 'smtp.user=salt with smtp.tls=none; expected starttls or implicit'],
    ['smtp.host=mail,smtp.tls=implicit', 'networkPolicy.egress.mail.ports=[587]; expected 465 among them'],
    ['metrics.podMonitor.enabled=true', 'metrics.podMonitor.enabled=true without metrics.existingSecret'],
    ['httpRoute.enabled=true', 'httpRoute.parentRefs is empty'],
    ['backup.enabled=true', 'backup.to is empty; expected s3://'],
    ['backup.enabled=true,backup.to=s3://saltworks/production/', 'which is store.url; expected another place'],
    ['server.gracePeriodSeconds=10', 'expected more than server.drainSeconds=10'],
    ['versioning.draining[0].buildId=0.1.0,versioning.draining[0].tag=0.1.0', 'the version to be rolled out'],
    ['keda.enabled=true,temporal.tls.enabled=true', 'KEDA speaks TLS to Temporal with one of them only'],
    ['server.env.SALTWORKS_SECRET=x', 'server.env has SALTWORKS_SECRET; expected a secret'],
    ['workers[0].roles[0]=extract', 'no pool of workers has the role annotate'],
    ['workers[0].name=batch', 'workers has a pool batch; expected names that differ'],
    ['workers[0].gpus=1', 'workers annotate has gpus=1 and device=cpu; expected device=cuda'],
    ['workers[0].device=cuda', 'workers annotate has device=cuda and gpus=0'],
    ['workers[1].minReplicas=9', 'workers batch has minReplicas=9 and maxReplicas=4'],
    ['store.endpoint=http://seaweedfs:8333', 'networkPolicy.egress.store.ports=[443]; expected 8333 among them'],
    ['temporal.address=temporal:17233', 'networkPolicy.egress.temporal.ports=[7233]; expected 17233 among them'],
    ['networkPolicy.ingressFrom=null', 'networkPolicy.ingressFrom is empty, which lets anybody in'],
    ['tracing.endpoint=http://collector', 'expected 80 among them'],
  ])('%s', async (set, message) => {
    expect(await refusal({ over: { workers: defaults.workers }, set: [set] })).toContain(message);
  });

  test.each([
    ['urll=x', 'urll'],
    ['server.replica=3', 'replica'],
    ['server.replicas=many', 'replicas'],
    ['url=saltworks.example.org', 'url'],
    ['store.url=http://bucket', 'store'],
    ['temporal.address=https://temporal:7233', 'address'],
    ['database.url=postgres://user:password@host/name', 'url'],
    ['session.secret=x', 'secret'],
    ['workers[0].rolls[0]=extract', 'rolls'],
    ['workers[0].roles[0]=train', 'roles'],
    ['workers[0].device=tpu', 'device'],
    ['server.homeSize=big', 'homeSize'],
    ['podSecurity.runAsUser=0', 'runAsUser'],
    ['networkPolicy.ingressFrom={}', 'ingressFrom'],
  ])('%s, by the schema', async (set, name) => {
    const refused = await refusal({ over: { workers: defaults.workers }, set: [set] });
    expect(refused).toContain("don't meet the specifications of the schema");
    expect(refused).toContain(name);
  });

  test('no secret is taken as a setting', async () => {
    const env = Object.fromEntries(secretNames.map((name) => [name, 'x']));
    const said = await refusal({ over: { server: { env } } });
    for (const name of secretNames) expect(said).toContain(`server.env has ${name}; expected a secret`);
  });

  test('all faults are told at once', async () => {
    const said = await refusal({ set: ['url=', 'store.url=', 'temporal.address='] });
    for (const name of ['url is empty', 'store.url is empty', 'temporal.address is empty'])
      expect(said).toContain(name);
  });
});

test('the schema has a property for every value, and a value for every property but those that need none', () => {
  const schema = JSON.parse(readFileSync(join(chart, 'values.schema.json'), 'utf8'));
  const resolve = (each: Yaml): Yaml => (each.$ref ? schema.definitions[each.$ref.split('/').at(-1)] : each);
  const compare = (value: Yaml, given: Yaml, path: string): string[] => {
    const { properties } = resolve(given);
    if (!properties || value === null || typeof value !== 'object' || Array.isArray(value)) return [];
    const names = new Set([...Object.keys(properties), ...Object.keys(value)]);
    return [...names].flatMap((name) => {
      const at = `${path}.${name}`;
      if (!(name in value)) return [`${at} has no value`];
      return name in properties ? compare(value[name], properties[name], at) : [`${at} has no schema`];
    });
  };
  expect(compare(defaults, schema, '').sort()).toEqual([
    '.backup.resources.claims has no value',
    '.global has no value',
    '.migrate.resources.claims has no value',
    '.server.resources.claims has no value',
    '.workerDefaults.resources.claims has no value',
  ]);
});
