/** Secrets and certificates from files. */
import { readFileSync } from 'node:fs';
import { InvalidInputError } from '@saltworks/contract/errors';

/**
 * Every secret may stand in a file instead: `SALTWORKS_SECRET_FILE` names the file with SALTWORKS_SECRET, and so on. An
 * orchestrator's secrets are such files.
 */
export const secretNames = [
  'SALTWORKS_SECRET',
  'SALTWORKS_DATABASE',
  'SALTWORKS_API_KEY',
  'SALTWORKS_OIDC_CLIENT_SECRET',
  'SALTWORKS_SMTP_PASSWORD',
  'SALTWORKS_METRICS_TOKEN',
  'SALTWORKS_TEMPORAL_API_KEY',
  'SALTWORKS_BACKUP_ACCESS_KEY_ID',
  'SALTWORKS_BACKUP_SECRET_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
] as const;

/** @returns the variables, with the content of the files that `…_FILE` names; @throws InvalidInputError */
export function withFiles(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const filled = { ...env };
  for (const name of secretNames) {
    const file = env[`${name}_FILE`];
    if (!file) continue;
    if (env[name]) throw new InvalidInputError(`${name} and ${name}_FILE; expected one of the two`);
    filled[name] = textOf(`${name}_FILE`, file).trim();
    if (filled[name] === '') throw new InvalidInputError(`${name}_FILE=${file}, an empty file; expected the secret`);
  }
  return filled;
}

/** @throws InvalidInputError if the file cannot be read */
export function textOf(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new InvalidInputError(`${name}=${file} (${code}); expected a file that can be read`);
  }
}
