/** compose.yaml, read with its anchors resolved. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Service {
  image: string;
  build?: { target: string };
  profiles?: string[];
  command?: string[];
  restart?: string;
  networks: string[];
  ports?: string[];
  environment?: Record<string, string>;
  secrets?: string[];
  configs?: { source: string; target: string }[];
  volumes?: string[];
  healthcheck?: { test: string[] };
  'x-no-healthcheck'?: string;
  read_only?: boolean;
  depends_on?: Record<string, { condition: string }>;
  deploy: { resources: { limits: { cpus: string; memory: string } } };
}

export interface Compose {
  services: Record<string, Service>;
  networks: Record<string, { internal?: boolean }>;
  volumes: Record<string, object>;
  configs: Record<string, { file: string }>;
  secrets: Record<string, { file: string }>;
}

export const compose: Compose = parse(readFileSync(join(root, 'infra/compose.yaml'), 'utf8'), { merge: true });
