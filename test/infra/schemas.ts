/** JSON schemas of what the chart renders: Kubernetes' own from PyPI, those of custom resources from their Go modules. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { goModuleFiles } from '../go-tools.ts';
import { pythonPackages } from '../python-packages.ts';

const KEDA = 'github.com/kedacore/keda/v2@v2.21.0';
const OPERATOR = 'github.com/prometheus-operator/prometheus-operator@v0.85.0';
const GATEWAY = 'sigs.k8s.io/gateway-api@v1.4.1';

const kedaKinds = ['scaledobjects', 'triggerauthentications'].map((kind) => `config/crd/bases/keda.sh_${kind}.yaml`);
const operatorKinds = ['podmonitors', 'prometheusrules', 'servicemonitors'].map(
  (kind) => `example/prometheus-operator-crd/monitoring.coreos.com_${kind}.yaml`,
);
const gatewayKinds = ['config/crd/standard/gateway.networking.k8s.io_httproutes.yaml'];
const scalers = ['temporal', 'prometheus'].map((name) => `pkg/scalers/${name}_scaler.go`);

const keda = await goModuleFiles('keda', KEDA, [...kedaKinds, ...scalers]);
const operator = await goModuleFiles('prometheus-operator', OPERATOR, operatorKinds);
const gateway = await goModuleFiles('gateway-api', GATEWAY, gatewayKinds);
const kubernetes = pythonPackages('kubernetes-validate', [['--no-deps', 'kubernetes-validate==1.37.0']]);

/** Why there are no schemas here, if so. */
export const missing = keda.missing ?? operator.missing ?? gateway.missing ?? kubernetes.missing;

/** Names of the fields that KEDA's scaler reads from a trigger's metadata, less those that it refuses. */
export function scalerFields(name: 'temporal' | 'prometheus'): string[] {
  const source = readFileSync(join(keda.path, `pkg/scalers/${name}_scaler.go`), 'utf8');
  return [...source.matchAll(/keda:"name=(\w+),[^"]*order=triggerMetadata([^"]*)"/g)]
    .filter(([, , rest]) => !rest.includes('is removed'))
    .map(([, field]) => field);
}

/**
 * Writes the schemas of these versions of Kubernetes into a folder, unknown fields refused.
 *
 * @returns locations for kubeconform
 */
export function writeSchemas(versions: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'saltworks-schemas-'));
  for (const version of versions) writeKubernetes(folder, version);
  for (const file of kedaKinds) writeCustom(folder, join(keda.path, file));
  for (const file of operatorKinds) writeCustom(folder, join(operator.path, file));
  for (const file of gatewayKinds) writeCustom(folder, join(gateway.path, file));
  return [
    join(folder, '{{.NormalizedKubernetesVersion}}/{{.ResourceKind}}{{.KindSuffix}}.json'),
    join(folder, 'custom/{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json'),
  ];
}

const kinds =
  /^((deployment|job|cronjob|service|serviceaccount|configmap|ingress)-|(networkpolicy|poddisruptionbudget)-)/;

/** The kinds that the chart has, and the definitions that they lead to: all of them would take seconds to read. */
function writeKubernetes(folder: string, version: string): void {
  const to = join(folder, `v${version}`);
  const from = join(kubernetes.folder, 'kubernetes_validate/kubernetes-json-schema', `v${version}-local-strict`);
  mkdirSync(to, { recursive: true });
  const { $defs } = JSON.parse(readFileSync(join(from, '_definitions.json'), 'utf8')) as {
    $defs: Record<string, unknown>;
  };
  const needed: Record<string, unknown> = {};
  const need = (text: string) => {
    for (const [, name] of text.matchAll(/#\/\$defs\/([^"]+)"/g)) {
      if (name in needed) continue;
      needed[name] = $defs[name];
      need(JSON.stringify($defs[name]));
    }
  };
  for (const file of readdirSync(from).filter((each) => kinds.test(each))) {
    // They refer to definitions by an address of a server, and are files here.
    const { $id, ...schema } = JSON.parse(readFileSync(join(from, file), 'utf8'));
    const text = JSON.stringify(schema).replaceAll('"/api/_definitions.json', '"_definitions.json');
    writeFileSync(join(to, file), text);
    need(text);
  }
  writeFileSync(join(to, '_definitions.json'), JSON.stringify({ $defs: needed }));
}

interface Schema {
  type?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  items?: Schema;
  [key: string]: unknown;
}

function writeCustom(folder: string, file: string): void {
  const { spec } = parse(readFileSync(file, 'utf8'));
  const to = join(folder, 'custom', spec.group);
  mkdirSync(to, { recursive: true });
  for (const { name, schema } of spec.versions) {
    const kind = spec.names.kind.toLowerCase();
    writeFileSync(join(to, `${kind}_${name}.json`), JSON.stringify(strict(schema.openAPIV3Schema)));
  }
}

/** A schema of a custom resource as JSON Schema: unknown fields are refused, as the API server drops them without a word. */
function strict(schema: Schema, root = true): Schema {
  const { properties, items, additionalProperties, ...rest } = schema;
  const made: Schema = { ...rest };
  if (schema['x-kubernetes-int-or-string']) return { type: ['integer', 'string'] as unknown as string };
  if (items) made.items = strict(items, false);
  if (typeof additionalProperties === 'object') made.additionalProperties = strict(additionalProperties, false);
  if (!properties) return made;
  made.properties = Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, strict(each, false)]));
  if (root) made.properties.metadata = { type: 'object' };
  else if (schema['x-kubernetes-preserve-unknown-fields']) return made;
  made.additionalProperties = false;
  return made;
}
