import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readSettings } from '../src/settings.ts';

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' };
const tracesOf = (env: Record<string, string>) => readSettings(env).traces;
const refusalOf = (env: Record<string, string>) => {
  try {
    return tracesOf({ ...endpoint, ...env });
  } catch (error) {
    return (error as Error).message;
  }
};

describe('traces', () => {
  test('are off unless they have somewhere to go', () => {
    expect(tracesOf({})).toBeUndefined();
    expect(tracesOf({ OTEL_SERVICE_NAME: 'salt', OTEL_TRACES_SAMPLER: 'nonsense' })).toBeUndefined();
    expect(tracesOf({ ...endpoint, OTEL_SDK_DISABLED: 'true' })).toBeUndefined();
    expect(tracesOf({ ...endpoint, OTEL_TRACES_EXPORTER: 'none' })).toBeUndefined();
  });

  test('go to the path of traces below an endpoint of all signals, and to their own as it is', () => {
    expect(tracesOf(endpoint)?.url).toBe('http://collector:4318/v1/traces');
    const own = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://collector/in' };
    expect(tracesOf({ ...endpoint, ...own })?.url).toBe('https://collector/in');
  });

  test('take names, headers and the sampler from the standard variables', () => {
    const env = {
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a%20b, x=1',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x=2',
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=salt,deployment.environment=test',
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.25',
    };
    expect(tracesOf({ ...endpoint, ...env })).toEqual({
      url: 'http://collector:4318/v1/traces',
      headers: { 'api-key': 'a b', x: '2' },
      ...{ service: 'salt', resource: { 'deployment.environment': 'test' }, share: 0.25, parentBased: true },
    });
    expect(tracesOf(endpoint)).toMatchObject({ share: 1, parentBased: true, service: undefined });
    expect(refusalOf({ OTEL_TRACES_SAMPLER: 'always_off' })).toMatchObject({ share: 0, parentBased: false });
  });

  test.each([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }, /OTEL_EXPORTER_OTLP_ENDPOINT of \d+ characters/],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://me:secret@collector' }, /secrets in OTEL_EXPORTER_OTLP_HEADERS/],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, /=grpc; expected http\/json/],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'secret' }, /HEADERS, entry 1; expected name=value/],
    [{ OTEL_TRACES_SAMPLER: 'sometimes' }, /=sometimes; expected one of always_on/],
    [{ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' }, /ARG=2; expected a number from 0 to 1/],
  ])('refuse %j, without a secret in the message', (env, message) => {
    expect(refusalOf(env)).toMatch(message);
    expect(refusalOf(env)).not.toContain('secret@');
    expect(refusalOf(env)).not.toContain(': secret');
  });

  test('that are off load nothing of OpenTelemetry but what the sign-in library may ask', () => {
    const script = `
      import { createRequire } from 'node:module';
      await import('./serve.js');
      await import('./work.js');
      await (await import('./tracing.js')).openTracing({}, 'server', () => {});
      const loaded = Object.keys(createRequire(import.meta.url).cache);
      console.log(loaded.filter((file) => /@opentelemetry.(?!api)|interceptors-opentelemetry/.test(file)).length);`;
    const cwd = fileURLToPath(new URL('../dist', import.meta.url));
    const env = { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };
    const options = { cwd, env, encoding: 'utf8' } as const;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], options);
    expect([stdout.trim(), stderr]).toEqual(['0', '']);
  });
});
