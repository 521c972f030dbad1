/** OpenTelemetry's standard variables, as far as traces need them. */
import { InvalidInputError } from '@saltworks/contract/errors';
import type { TraceSettings } from '@saltworks/telemetry/traces';

/**
 * Undefined unless traces have somewhere to go. A variable of its own for traces takes precedence, as in the standard.
 *
 * @throws InvalidInputError; messages repeat neither addresses nor headers, which may hold secrets
 */
export function tracesOf(env: NodeJS.ProcessEnv): TraceSettings | undefined {
  const url = urlOf(env);
  if (url === undefined || env.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || env.OTEL_TRACES_EXPORTER === 'none') {
    return undefined;
  }
  const protocol = env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL || env.OTEL_EXPORTER_OTLP_PROTOCOL || 'http/json';
  if (!protocol.startsWith('http/')) {
    throw new InvalidInputError(
      `OTEL_EXPORTER_OTLP_PROTOCOL=${protocol}; expected http/json, which receivers take at port 4318`,
    );
  }
  const { 'service.name': named, ...resource } = pairsOf(env, 'OTEL_RESOURCE_ATTRIBUTES');
  return {
    url,
    headers: {
      ...pairsOf(env, 'OTEL_EXPORTER_OTLP_HEADERS'),
      ...pairsOf(env, 'OTEL_EXPORTER_OTLP_TRACES_HEADERS'),
    },
    ...samplerOf(env),
    service: env.OTEL_SERVICE_NAME || named,
    resource,
  };
}

/** The address of all signals leads to that of traces. */
function urlOf({
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own,
  OTEL_EXPORTER_OTLP_ENDPOINT: all,
}: NodeJS.ProcessEnv): string | undefined {
  const [name, text] = own
    ? ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', own]
    : ['OTEL_EXPORTER_OTLP_ENDPOINT', all && `${all.replace(/\/+$/, '')}/v1/traces`];
  if (!text) return undefined;
  const { protocol = '', username, password } = URL.canParse(text) ? new URL(text) : ({} as Partial<URL>);
  if (!/^https?:$/.test(protocol) || username || password) {
    throw new InvalidInputError(
      `${name} of ${text.length} characters; expected http(s)://host[:port][/path], secrets in OTEL_EXPORTER_OTLP_HEADERS`,
    );
  }
  return text;
}

/** `name=value,name=value`, percent-encoded. */
function pairsOf(env: NodeJS.ProcessEnv, name: string): Record<string, string> {
  const pairs = (env[name] ?? '').split(',').filter((pair) => pair.trim() !== '');
  return Object.fromEntries(
    pairs.map((pair, index) => {
      const [, key, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
      try {
        if (key !== undefined) return [decodeURIComponent(key), decodeURIComponent(value)];
      } catch {
        // Half of a percent-encoded character.
      }
      throw new InvalidInputError(`${name}, entry ${index + 1}; expected name=value,name=value, percent-encoded`);
    }),
  );
}

const samplers = ['always_on', 'always_off', 'traceidratio'];

function samplerOf(env: NodeJS.ProcessEnv): Pick<TraceSettings, 'share' | 'parentBased'> {
  const name = env.OTEL_TRACES_SAMPLER || 'parentbased_always_on';
  const kind = name.replace(/^parentbased_/, '');
  if (!samplers.includes(kind)) {
    const all = samplers.flatMap((each) => [each, `parentbased_${each}`]).join(', ');
    throw new InvalidInputError(`OTEL_TRACES_SAMPLER=${name}; expected one of ${all}`);
  }
  const argument = env.OTEL_TRACES_SAMPLER_ARG || '1';
  const ratio = Number(argument);
  if (kind === 'traceidratio' && !(ratio >= 0 && ratio <= 1)) {
    throw new InvalidInputError(`OTEL_TRACES_SAMPLER_ARG=${argument}; expected a number from 0 to 1`);
  }
  const share = { always_on: 1, always_off: 0 }[kind] ?? ratio;
  return { share, parentBased: kind !== name };
}
